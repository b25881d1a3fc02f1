/** A sink that keeps every event and lets a test wait for one. */
import type { MonitorEvent, MonitorEventType } from '../../src/domain/event.js';
import type { EventSink } from '../../src/ports/event-sink.js';

export type EventOf<T extends MonitorEventType> = Extract<MonitorEvent, { readonly type: T }>;

interface Watcher {
  readonly matches: (event: MonitorEvent) => boolean;
  readonly resolve: (event: MonitorEvent) => void;
}

export class RecordingSink implements EventSink {
  readonly events: MonitorEvent[] = [];
  #watchers: Watcher[] = [];

  emit(event: MonitorEvent): void {
    this.events.push(event);
    const due = this.#watchers.filter((watcher) => watcher.matches(event));
    this.#watchers = this.#watchers.filter((watcher) => !due.includes(watcher));
    for (const watcher of due) watcher.resolve(event);
  }

  /** Every event of one type so far, in order. */
  ofType<T extends MonitorEventType>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  /** The first event that fits, whether it has happened already or is still to come. */
  waitFor<T extends MonitorEventType>(type: T): Promise<EventOf<T>>;
  waitFor(matches: (event: MonitorEvent) => boolean): Promise<MonitorEvent>;
  waitFor(wanted: MonitorEventType | ((event: MonitorEvent) => boolean)): Promise<MonitorEvent> {
    const matches = typeof wanted === 'string' ? (event: MonitorEvent) => event.type === wanted : wanted;
    const found = this.events.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
      this.#watchers.push({ matches, resolve });
    });
  }
}
