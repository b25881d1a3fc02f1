/** Marks the rows of a process before it is restarted, and writes the outcome back to where the alarm came from. */
import type { ProcessId } from '../domain/alarm.js';

/**
 * What a row was like when we took it up, as text that only the writer reads; it is kept with the handling and survives
 * the monitor. Whether the row was raised again since then is told by comparing with it.
 */
export type Claim = string;

/**
 * `claimed`: the rows are marked, or their sequence number was read. `unclaimed`: there is no way to mark them (no column,
 * no right, no room, or the settings say so); clearing goes by the note as it then stands. `not_ours`: no row of it is in
 * alarm and unacknowledged, or the id belongs to another name; by its claim, whatever is raised from now on is another
 * alarm. `off`: the writer may not or must not write. `unclaimed` and `off` say nothing about whose the rows are.
 */
export type ClaimResult =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'unclaimed' }
  | { readonly kind: 'not_ours'; readonly claim: Claim }
  | { readonly kind: 'off' };

/**
 * `cleared`: at least one row of it was reset (`noteStored` false: the alarm is cleared but the note did not fit or was refused).
 * `raised_again`: its alarm was raised anew after it was claimed, so it stays.
 * `not_ours`: no row of it is in alarm and unacknowledged any more, so nothing was written.
 * `renamed`: the id belongs to another name now, so nothing was written.
 * `off`: the writer may not or must not write; "handled" lives in the monitor's own memory.
 */
export type ClearResult =
  | { readonly kind: 'cleared'; readonly rows: number; readonly noteStored: boolean }
  | { readonly kind: 'raised_again' }
  | { readonly kind: 'not_ours' }
  | { readonly kind: 'renamed' }
  | { readonly kind: 'off' };

export type RaiseResult =
  { readonly kind: 'raised'; readonly rows: number } | { readonly kind: 'not_ours' } | { readonly kind: 'off' };

/** By which handling rows are taken up. */
export interface Claiming {
  readonly alarmId: string;
  /** What the process is to be called; absent: whatever it is called. */
  readonly processName?: string;
}

/** What a clearing writes, and what it goes by. */
export interface Clearing {
  /** What the process is to be called; absent: whatever it is called. */
  readonly processName?: string;
  /** Replaces our older one behind the operator's own note. */
  readonly stamp: string;
  /** null: the process was never claimed. */
  readonly claim: Claim | null;
}

export interface AlarmWriter {
  /**
   * Takes up the rows of the process that are in alarm and unacknowledged on this host, before anything is done to it.
   * Claiming again in the same handling (the same `alarmId`) takes in what was raised meanwhile. Where rows are marked,
   * the mark holds the first 8 characters of `alarmId`: a person finds the handling by it in the log. Throws `StoreError`;
   * then nothing may be done, since the row may be somebody else's.
   */
  claim(processId: ProcessId, claiming: Claiming, signal: AbortSignal): Promise<ClaimResult>;
  /**
   * `alarma = 0` on every row of the process that is still in alarm and unacknowledged on this host, and was not raised
   * again since the claim. The operator's own note is kept as it stands at that moment, our mark goes, our last stamp is
   * replaced, all cut to fit the column. Throws `StoreError`; then nothing is known about the write and it may be repeated.
   */
  clear(processId: ProcessId, clearing: Clearing, signal: AbortSignal): Promise<ClearResult>;
  /**
   * Raises the alarm again (`alarma = 1`) on rows that are clear and unacknowledged, leaving the note as it is: the
   * process failed after we had cleared it. Throws `StoreError`.
   */
  raise(processId: ProcessId, signal: AbortSignal): Promise<RaiseResult>;
}
