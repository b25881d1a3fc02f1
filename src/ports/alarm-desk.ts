/** What a person at the terminal does with the alarm table: list it, raise, clear and acknowledge alarms of this host. */
import type { ProcessId } from '../domain/alarm.js';

/** One process of this host with its row's values; null where the row or the value is NULL or missing. */
export interface ProcessRow {
  readonly processId: ProcessId | null;
  readonly processName: string | null;
  readonly alarma: number | null;
  readonly sound: number | null;
  readonly notes: string | null;
}

/** `raise`: alarma 1, sound 0. `clear`: alarma 0, sound 0. `acknowledge`: sound 1. Each writes `note` in place of the old one; null leaves it. */
export type DeskAction = 'raise' | 'clear' | 'acknowledge';

export interface AlarmDesk {
  /** By id; duplicates included. Throws `StoreError`. */
  list(signal: AbortSignal): Promise<readonly ProcessRow[]>;
  /** Returns how many rows it matched. A process without a status row gets one on `raise`. Throws `StoreError`. */
  apply(action: DeskAction, processId: ProcessId, note: string | null, signal: AbortSignal): Promise<number>;
}
