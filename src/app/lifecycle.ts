/** Stopping in good order: a two-step shutdown, and a stack that undoes what was set up, last in first out. */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../ports/clock.js';

export interface Shutdown {
  /** Aborted at the first request: take no new work, finish what runs. */
  readonly draining: AbortSignal;
  /** Aborted at the second request or when the grace is used up: end everything now. */
  readonly hard: AbortSignal;
  /** Aborted when everything is over: for what goes on while runs are finished. */
  readonly ended: AbortSignal;
  request(reason: string): void;
  /** Ends the wait for the grace; calls nothing. */
  close(): void;
}

export function createShutdown(clock: Clock, graceMs: number): Shutdown {
  const draining = new AbortController();
  const hard = new AbortController();
  const finished = new AbortController();
  // Every handling under way listens; many of them are no leak.
  setMaxListeners(0, draining.signal, hard.signal);
  return {
    draining: draining.signal,
    hard: hard.signal,
    ended: finished.signal,
    request(reason) {
      if (draining.signal.aborted) {
        hard.abort(reason);
        return;
      }
      draining.abort(reason);
      void clock.sleep(graceMs, AbortSignal.any([hard.signal, finished.signal])).then((how) => {
        if (how === 'elapsed') hard.abort(`grace of ${graceMs} ms used up`);
      });
    },
    close: () => finished.abort(),
  };
}

/** What was set up, with how to undo it. */
export class CleanupStack {
  readonly #undos: { readonly name: string; readonly undo: () => Promise<void> | void }[] = [];

  defer(name: string, undo: () => Promise<void> | void): void {
    this.#undos.push({ name, undo });
  }

  /** Undoes everything once, last first. One that fails is named in the result and does not stop the others. */
  async unwind(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let next = this.#undos.pop(); next !== undefined; next = this.#undos.pop()) {
      try {
        await next.undo();
      } catch (cause: unknown) {
        failures.push(`${next.name}: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    }
    return failures;
  }
}
