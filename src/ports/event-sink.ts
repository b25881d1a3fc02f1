/** Takes note of what happened. */
import type { MonitorEvent } from '../domain/event.js';

export interface EventSink {
  /** Returns at once, never throws, never answers. */
  emit(event: MonitorEvent): void;
}
