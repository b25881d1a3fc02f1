/** Where alarms come from. */
import type { AlarmRow, ProcessId } from '../domain/alarm.js';

export interface AlarmSource {
  /**
   * Every row in alarm and not acknowledged, on this host: one statement. Duplicates and orphans included, order by id.
   * Throws `StoreError`.
   */
  alarmed(signal: AbortSignal): Promise<readonly AlarmRow[]>;
  /** Those of `ids` that are still in alarm and not acknowledged. Throws `StoreError`. */
  stillAlarmed(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly ProcessId[]>;
  /** How many processes this host has in the database at all. Throws `StoreError`. */
  countProcesses(signal: AbortSignal): Promise<number>;
}
