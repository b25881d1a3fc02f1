/** When a lease is ours, and when it may be taken: by this machine's own clock alone, whatever other clocks say. */
import { isoTimeText } from '../../domain/time-text.js';
import type { LeaseRow } from './lease-sql.js';

/** One instant by both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** A row, and since when it has been seen unchanged. */
export interface Sighting {
  readonly row: LeaseRow;
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
}

/**
 * Signs of life come this often in the time of a lease. Between one of them and the end of our time there is room for a try
 * without an answer and a second one; while there is work also for a cluster that has lost a node and settles who is left.
 */
const BEATS = { atRest: 2, atWork: 3 } as const;
/** Whoever has written something within so many leases is at work: a handling may take long from one write to the next. */
const WORK_LEASES = 10;
/** An owner that cannot renew stops by itself before others may take over: what it has just begun must have time to be seen. */
const MARGIN = 1 / 6;

/** `nowMs`: when the answer had come, so that the sign of life in it is never taken for older than it is. */
export function sight(before: Sighting | null, row: LeaseRow, nowMs: number): Sighting {
  const isSame =
    before !== null && before.row.owner === row.owner && before.row.token === row.token && before.row.beat === row.beat;
  return isSame ? before : { row, sinceMs: nowMs };
}

/** Free, or without a sign of life for the whole time of a lease. */
export function mayTake({ row, sinceMs }: Sighting, leaseMs: number, nowMs: number): boolean {
  return row.owner === '' || nowMs - sinceMs >= leaseMs;
}

/**
 * How long we still are the owner, at `now`, after a sign of life that was sent at `sent`; 0 or less: not any more. The
 * monotonic clock stands still while a machine sleeps, the wall clock may be set: whichever shows more time counts.
 */
export function ownerForMs(sent: Moment, now: Moment, leaseMs: number): number {
  const agoMs = Math.max(now.monotonicMs - sent.monotonicMs, now.wallMs - sent.wallMs);
  return leaseMs * (1 - MARGIN) - agoMs;
}

/** `sinceWriteMs`: since our last write to the alarms. */
export function isAtWork(sinceWriteMs: number, leaseMs: number): boolean {
  return sinceWriteMs < WORK_LEASES * leaseMs;
}

/** Milliseconds from one sign of life to the next; `sinceWriteMs`: since our last write to the alarms. */
export function signEveryMs(sinceWriteMs: number, leaseMs: number): number {
  return leaseMs / (isAtWork(sinceWriteMs, leaseMs) ? BEATS.atWork : BEATS.atRest);
}

/** At most 64 characters, never twice the same: host, process, since when, a number of chance. */
export function ownerWord(holder: { readonly host: string; readonly pid: number }, wallMs: number, id: string): string {
  const since = isoTimeText(wallMs).replaceAll(/[-:]|\.\d+/g, '');
  return `${holder.host.replaceAll('/', '_').slice(0, 26)}/${holder.pid}/${since}/${id}`;
}

const OWNER_WORD = /^([^/]+)\/(\d+)\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\/[^/]+$/;

/** Example: `web-17 (pid 4242, since 2026-11-21 00:45:29 UTC)`; whatever else stands there is shown as it is. */
export function holderText(owner: string): string {
  const found = OWNER_WORD.exec(owner);
  if (found === null) return owner === '' ? 'nobody' : owner;
  const [, host, pid, year, month, day, hour, minute, second] = found;
  return `${host} (pid ${pid}, since ${year}-${month}-${day} ${hour}:${minute}:${second} UTC)`;
}
