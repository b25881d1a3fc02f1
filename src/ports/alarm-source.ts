/** Where alarms come from. */
import type { AlarmRow, NamedRow, ProcessId } from '../domain/alarm.js';

/** A row whatever its state. */
export interface KnownRow extends NamedRow {
  readonly isAlarmed: boolean;
  readonly isAcknowledged: boolean;
}

export interface AlarmSource {
  /**
   * Every row in alarm and not acknowledged, on this host: one statement. Duplicates and orphans included, order by id.
   * Throws `StoreError`.
   */
  alarmed(signal: AbortSignal): Promise<readonly AlarmRow[]>;
  /** The rows of `ids` that are still in alarm and not acknowledged, under their names of now; as `alarmed` gives them. */
  stillAlarmed(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly NamedRow[]>;
  /** What these ids are called now, in alarm or not, by id; one that belongs to no process is left out. Throws `StoreError`. */
  namesOf(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly NamedRow[]>;
  /** Every row of this host whose process has one of these names, letter for letter; by id. Throws `StoreError`. */
  rowsNamed(names: readonly string[], signal: AbortSignal): Promise<readonly KnownRow[]>;
  /** How many processes this host has in the database at all. Throws `StoreError`. */
  countProcesses(signal: AbortSignal): Promise<number>;
}
