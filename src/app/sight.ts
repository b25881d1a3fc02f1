/** What the answer to a ping says: who holds the control socket, and whether it sees its database. */
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

/** The same of a command that holds the socket for its own short time: `1234 for one command`. */
export function commandPingText(pid: number): string {
  return `${pid} for one command`;
}

/** `isMonitor` false: no monitor runs, a command holds its place. What cannot be read is null. */
export interface Ping {
  readonly isMonitor: boolean;
  readonly pid: number | null;
  readonly blindSinceMs: number | null;
}

/** The reverse of both texts. */
export function readPing(text: string): Ping {
  const [, pid, since, command] = /^(\d+)(?: blind since (\d+)| (for one command))?$/.exec(text) ?? [];
  return {
    isMonitor: command === undefined,
    pid: pid === undefined ? null : Number(pid),
    blindSinceMs: since === undefined ? null : Number(since),
  };
}
