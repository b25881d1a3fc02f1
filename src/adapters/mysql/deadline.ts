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
export function withDeadline<T>({ clock, timeoutMs, signals }: Bounds, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel = (): void => undefined;
    // Listeners that are taken off again: AbortSignal.any keeps what hangs on a long-lived signal.
    const end = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', stop);
      cancel();
    };
    const stop = (): void => {
      end();
      reject(new StoppedError('given up because the monitor is stopping'));
    };
    for (const signal of signals) signal.addEventListener('abort', stop);
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V): void => {
        end();
        how(value);
      };
    work.then(settle(resolve), settle<unknown>(reject));
    if (signals.some((signal) => signal.aborted)) {
      stop();
      return;
    }
    cancel = clock.after(timeoutMs, () => {
      end();
      reject(new DeadlineError(`no answer within ${timeoutMs} ms`));
    });
  });
}
