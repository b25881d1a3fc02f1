/** A prober that asks nobody: a test writes beforehand what is answered. */
import type { Clock } from '../../src/ports/clock.js';
import type { HttpProbe, NetworkProber, ProbeResult } from '../../src/ports/network-prober.js';

/** One answer. Without anything: well, at once. */
export interface ScriptedProbe {
  /** Why not; without it the answer is good. */
  readonly failure?: string;
  /** `Infinity`: no answer at all. */
  readonly afterMs?: number;
}

/** Takes time from its clock. Whoever has no script does not answer: connection refused. */
export class FakeProber implements NetworkProber {
  /** URL or `host:port` of every question with its monotonic time. */
  readonly calls: { readonly target: string; readonly timeoutMs: number; readonly atMs: number }[] = [];
  readonly #clock: Clock;
  readonly #scripts = new Map<string, ScriptedProbe[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For a URL or `host:port`: one answer after another, the last one for ever. */
  on(target: string, ...answers: readonly ScriptedProbe[]): this {
    this.#scripts.set(target, answers.length === 0 ? [{}] : [...answers]);
    return this;
  }

  http({ url }: HttpProbe, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
    return this.#answer(url, timeoutMs, signal);
  }

  tcp(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
    return this.#answer(`${host}:${port}`, timeoutMs, signal);
  }

  async #answer(target: string, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
    this.calls.push({ target, timeoutMs, atMs: this.#clock.monotonicMs() });
    const answers = this.#scripts.get(target) ?? [{ failure: 'connection refused' }];
    const { failure, afterMs = 0 } = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
    const slept = await this.#clock.sleep(Math.min(afterMs, timeoutMs), signal);
    if (slept === 'aborted') return { ok: false, detail: `${target}: aborted` };
    if (afterMs > timeoutMs) return { ok: false, detail: `${target}: no answer within ${timeoutMs / 1000} s` };
    return failure === undefined ? { ok: true } : { ok: false, detail: `${target}: ${failure}` };
  }
}
