/** A bound on waiting: work ends by itself, at its deadline, or when it is no longer wanted. */
import type { Clock } from '../../ports/clock.js';

/** The work did not end in time; it may still be going on at the server. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** The work is no longer wanted. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

export interface Bounds {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Any of these ends the wait with `StoppedError`. */
  readonly signals: readonly AbortSignal[];
}

/**
 * Resolves or rejects as `work` does, or rejects with `DeadlineError` or `StoppedError` first. It cannot stop the work
 * itself: the caller drops the connection that the work runs on.
 */
export async function withDeadline<T>(bounds: Bounds, work: Promise<T>): Promise<T> {
  const { clock, timeoutMs, signals } = bounds;
  // A controller of its own, and listeners taken off again: AbortSignal.any keeps what hangs on a long-lived signal.
  const ending = new AbortController();
  // A reason of our own: without one, each abort makes an exception object with its stack.
  const end = (): void => ending.abort('over');
  for (const signal of signals) signal.addEventListener('abort', end);
  if (signals.some((signal) => signal.aborted)) end();
  const limit = clock.sleep(timeoutMs, ending.signal).then((how): never => {
    if (how === 'elapsed') throw new DeadlineError(`no answer within ${timeoutMs} ms`);
    throw new StoppedError('given up because the monitor is stopping');
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', end);
    end();
  }
}
