/** Waits that the units in question cut short: whoever looks at something again and again looks when it changes. */
import type { Clock } from '../ports/clock.js';
import type { UnitManager } from '../ports/unit-manager.js';

/** A program that has systemd tell something of it all the time must not keep whoever watches it busy. */
const SHORTEST_GAP_MS = 20;

export class Attention {
  readonly #clock: Clock;
  readonly #units: UnitManager;
  readonly #names: readonly string[];
  readonly #signal: AbortSignal;
  readonly #close = (): void => this.#end?.abort('over');
  /** Ends the listening; null: it has not begun, as with most of what is well at its first look. */
  #end: AbortController | null = null;
  #wake = new AbortController();
  #isTold = false;
  #heededMs = -Infinity;

  /** Without units only the clock ends a wait. */
  constructor(
    { clock, units }: { readonly clock: Clock; readonly units: UnitManager },
    names: readonly string[],
    signal: AbortSignal,
  ) {
    this.#clock = clock;
    this.#units = units;
    this.#names = names;
    this.#signal = signal;
  }

  /** From now on, until it is closed, or the signal. false: there is nothing to listen to. */
  listen(): boolean {
    if (this.#end !== null) return true;
    if (this.#signal.aborted || this.#names.length === 0) return false;
    this.#end = new AbortController();
    this.#signal.addEventListener('abort', this.#close, { once: true });
    this.#units.follow(this.#names, () => this.#tell(), this.#end.signal);
    return true;
  }

  /** A change was told that nobody has looked at yet. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** To be called right before each look: what was told until now is seen by it. */
  heed(): void {
    this.#isTold = false;
    this.#heededMs = this.#clock.monotonicMs();
  }

  /** `told`: a change has ended the wait, or one that came before it. */
  async wait(ms: number): Promise<'due' | 'told' | 'aborted'> {
    const dueMs = this.#clock.monotonicMs() + ms;
    // What came before it listens is not known.
    if (ms > 0 && this.#end === null) this.#isTold = this.listen();
    if (!this.#isTold) await this.#sleepUntil(dueMs, true);
    // Signals come in swarms: one look for all of them.
    if (this.#isTold) await this.#sleepUntil(Math.min(dueMs, this.#heededMs + SHORTEST_GAP_MS), false);
    if (this.#signal.aborted) return 'aborted';
    return this.#isTold && this.#clock.monotonicMs() < dueMs ? 'told' : 'due';
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#close);
    this.#close();
  }

  async #sleepUntil(atMs: number, isLight: boolean): Promise<void> {
    const leftMs = atMs - this.#clock.monotonicMs();
    if (leftMs <= 0) return;
    this.#wake = new AbortController();
    const wake = isLight ? this.#wake : new AbortController();
    const stop = (): void => wake.abort('over');
    this.#signal.addEventListener('abort', stop, { once: true });
    if (!this.#signal.aborted) await this.#clock.sleep(leftMs, wake.signal);
    this.#signal.removeEventListener('abort', stop);
  }

  #tell(): void {
    this.#isTold = true;
    this.#wake.abort('told');
  }
}
