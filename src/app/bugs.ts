/** What is thrown that nobody expected: it is told, and the monitor ends. */
import type { Log } from '../adapters/log/logger.js';
import type { Shutdown } from './lifecycle.js';

interface Frame {
  readonly log: Pick<Log, 'write'>;
  readonly shutdown: Pick<Shutdown, 'request'>;
}

/** Whatever was thrown that nobody expected: the first one ends the monitor. */
export class Bugs {
  readonly #frame: Frame;
  first: unknown = null;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  readonly note = (cause: unknown): undefined => {
    this.first ??= cause;
    this.#frame.log.write('fatal', 'Unexpected error, the monitor stops', { detail: words(cause) });
    this.#frame.shutdown.request('unexpected error');
  };
}

export function words(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
