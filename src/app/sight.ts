/** Whether the running monitor sees its database, and how it says so in its answer to a ping. */
import type { MonitorEvent } from '../domain/event.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';

/** Hears of every event and keeps since when the monitor is blind. */
export class Sight implements EventSink {
  readonly #clock: Clock;
  #blindSinceMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  emit(event: MonitorEvent): void {
    if (event.type === 'monitor.blinded') this.#blindSinceMs ??= this.#clock.nowMs();
    if (event.type === 'monitor.sighted') this.#blindSinceMs = null;
  }

  /** Wall time; null: the database answers. */
  get blindSinceMs(): number | null {
    return this.#blindSinceMs;
  }
}

/** `1234`, or `1234 blind since 1700000000000`. */
export function pingText(pid: number, blindSinceMs: number | null): string {
  return blindSinceMs === null ? String(pid) : `${pid} blind since ${blindSinceMs}`;
}

/** The reverse; what cannot be read is null. */
export function readPing(text: string): { readonly pid: number | null; readonly blindSinceMs: number | null } {
  const [, pid, since] = /^(\d+)(?: blind since (\d+))?$/.exec(text) ?? [];
  return { pid: pid === undefined ? null : Number(pid), blindSinceMs: since === undefined ? null : Number(since) };
}
