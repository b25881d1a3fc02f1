/** Waits until the monitor tells of something: the demo watches from outside and steers nothing. */
import type { MonitorEvent } from '../../domain/event.js';
import type { EventSink } from '../../ports/event-sink.js';

interface Wait {
  readonly matches: (event: MonitorEvent) => boolean;
  readonly resolve: (how: 'seen' | 'aborted') => void;
}

export class Onlooker implements EventSink {
  readonly #waits = new Set<Wait>();

  emit(event: MonitorEvent): void {
    for (const wait of [...this.#waits]) {
      if (wait.matches(event)) wait.resolve('seen');
    }
  }

  /** Counts events from now on. Never rejects. */
  next(matches: (event: MonitorEvent) => boolean, signal: AbortSignal): Promise<'seen' | 'aborted'> {
    if (signal.aborted) return Promise.resolve('aborted');
    return new Promise((settle) => {
      const onAbort = (): void => wait.resolve('aborted');
      const wait: Wait = {
        matches,
        resolve: (how) => {
          this.#waits.delete(wait);
          signal.removeEventListener('abort', onAbort);
          settle(how);
        },
      };
      signal.addEventListener('abort', onAbort);
      this.#waits.add(wait);
    });
  }
}
