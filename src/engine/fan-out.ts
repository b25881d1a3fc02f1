/** One event, many sinks: none of them can stop the others, or the engine. */
import type { MonitorEvent } from '../domain/event.js';
import type { EventSink } from '../ports/event-sink.js';

/** A sink promises not to throw; one that does anyway loses this event, nobody else does. */
export function fanOut(sinks: readonly EventSink[]): EventSink {
  return {
    emit(event: MonitorEvent): void {
      for (const sink of sinks) {
        try {
          sink.emit(event);
        } catch {
          // The broken sink may be the log itself: there is nowhere left to say so.
        }
      }
    },
  };
}
