/** How long one request may take, shared by all the calls it is made of: one timer for many calls. */
import type { Clock } from '../../../ports/clock.js';
import type { RunOptions } from '../../../ports/command-runner.js';

export type EndedEarly = 'timed_out' | 'aborted';

/** Ends once, by the time or by the caller's signal, and then tells those who wait. */
export class Deadline {
  readonly #waiting = new Set<(how: EndedEarly) => void>();
  readonly #signal: AbortSignal;
  readonly #endMs: number;
  readonly #clock: Clock;
  #ended: EndedEarly | null = null;
  #stopClock = (): void => undefined;

  constructor(clock: Clock, { timeoutMs, signal }: RunOptions) {
    this.#clock = clock;
    this.#signal = signal;
    this.#endMs = clock.monotonicMs() + timeoutMs;
    if (signal.aborted) {
      this.#ended = 'aborted';
      return;
    }
    signal.addEventListener('abort', this.#onAbort);
    this.#stopClock = clock.after(timeoutMs, () => this.#end('timed_out'));
  }

  get ended(): EndedEarly | null {
    return this.#ended;
  }

  leftMs(): number {
    return Math.max(this.#endMs - this.#clock.monotonicMs(), 0);
  }

  /** Calls back once if it ends before what this returns is called. */
  onEnd(listener: (how: EndedEarly) => void): () => void {
    if (this.#ended !== null) {
      listener(this.#ended);
      return () => undefined;
    }
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  /** The request is over: no timer of it stays. */
  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#stopClock();
    this.#waiting.clear();
  }

  readonly #onAbort = (): void => this.#end('aborted');

  #end(how: EndedEarly): void {
    if (this.#ended !== null) return;
    this.#ended = how;
    const listeners = [...this.#waiting];
    this.release();
    for (const listener of listeners) listener(how);
  }
}
