/** Waits for something, but not for ever. */
import type { Clock } from '../../ports/clock.js';

/** How a wait ended that did not bring what was waited for. */
export type CutShort = 'elapsed' | 'aborted';

/** The wait's two limits. Without a signal only time ends it. */
export interface Patience {
  readonly ms: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** Resolves with what `work` brings, or with which limit was reached first; leaves no timer behind. */
export async function within<T>(work: Promise<T>, { ms, clock, signal }: Patience): Promise<T | CutShort> {
  const waiting = new AbortController();
  // A reason of our own: without one, each abort makes an exception object with its stack.
  const stop = (): void => waiting.abort('over');
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  try {
    return await Promise.race([work, clock.sleep(ms, waiting.signal)]);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}
