/** Writes the outcome back to where the alarm came from. */
import type { ProcessId } from '../domain/alarm.js';

/**
 * `cleared`: at least one row of it was reset (`noteStored` false: the alarm is cleared but the note did not fit or was refused).
 * `not_ours`: no row of it is in alarm and unacknowledged any more, so nothing was written.
 * `off`: the writer may not or must not write; "handled" lives in the monitor's own memory.
 */
export type ClearResult =
  | { readonly kind: 'cleared'; readonly rows: number; readonly noteStored: boolean }
  | { readonly kind: 'not_ours' }
  | { readonly kind: 'off' };

export type RaiseResult =
  { readonly kind: 'raised'; readonly rows: number } | { readonly kind: 'not_ours' } | { readonly kind: 'off' };

export interface AlarmWriter {
  /**
   * `alarma = 0` on every row of the process that is still in alarm and unacknowledged on this host. The operator's own
   * note is kept as it stands at that moment, our last stamp is replaced by `stamp`, cut to fit the column.
   * Throws `StoreError`; then nothing is known about the write and it may be repeated.
   */
  clear(processId: ProcessId, stamp: string, signal: AbortSignal): Promise<ClearResult>;
  /**
   * Raises the alarm again (`alarma = 1`) on rows that are clear and unacknowledged, leaving the note as it is: the
   * process failed after we had cleared it. Throws `StoreError`.
   */
  raise(processId: ProcessId, signal: AbortSignal): Promise<RaiseResult>;
}
