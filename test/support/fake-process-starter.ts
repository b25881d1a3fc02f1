/** A starter that starts nothing: it puts the program into a made-up table of processes. */
import { parseCommandLine } from '../../src/adapters/exec/command-line.js';
import type { Clock } from '../../src/ports/clock.js';
import type { RunOptions } from '../../src/ports/command-runner.js';
import type { ProcessStarter, StartRequest, StartResult } from '../../src/ports/process-starter.js';
import type { FakeProcessTable, FakeProgram } from './fake-process-table.js';

/** How one start goes. Without anything the program is started at once and runs on. */
export interface ScriptedStart {
  /** Time until the answer. */
  readonly afterMs?: number;
  /** What the started program is like beside its command line, for example `livesMs: 500`. */
  readonly program?: Partial<FakeProgram>;
  /** The command ends with 0 and leaves the program in the background. */
  readonly isBackgrounded?: boolean;
  /** It is not started; a text that says why, as the real starter would. */
  readonly refusal?: Omit<Extract<StartResult, { readonly kind: 'not_started' }>, 'kind'>;
}

/** Takes time from its clock. */
export class FakeProcessStarter implements ProcessStarter {
  /** As on a host where nothing can be started. */
  obstacle: string | null = null;
  readonly calls: (StartRequest & { readonly atMs: number })[] = [];
  readonly #clock: Clock;
  readonly #table: FakeProcessTable;
  readonly #scripts = new Map<string, ScriptedStart[]>();

  constructor(clock: Clock, table: FakeProcessTable) {
    this.#clock = clock;
    this.#table = table;
  }

  /** For the system name: one answer after another, the last one for ever. */
  on(name: string, ...starts: readonly ScriptedStart[]): this {
    this.#scripts.set(name, [...starts]);
    return this;
  }

  async start(request: StartRequest, { signal }: RunOptions): Promise<StartResult> {
    this.calls.push({ ...request, atMs: this.#clock.monotonicMs() });
    const script = this.#take(request.name);
    await this.#clock.sleep(script.afterMs ?? 0, signal);
    const parsed = parseCommandLine(request.commandLine);
    if (parsed.kind === 'bad') return { kind: 'not_started', reason: 'bad_command', detail: parsed.detail };
    if (script.refusal !== undefined) return { kind: 'not_started', ...script.refusal };
    const argv = parsed.kind === 'words' ? parsed.words : [request.shell, '-c', request.commandLine];
    const seen = this.#table.add({ argv, workingDirectory: request.workingDirectory, ...script.program });
    const identity = script.isBackgrounded === true ? null : seen.identity;
    return { kind: 'started', identity, home: 'session', unit: null };
  }

  #take(name: string): ScriptedStart {
    const starts = this.#scripts.get(name) ?? [];
    return (starts.length > 1 ? starts.shift() : starts[0]) ?? {};
  }
}
