/** A database of alarms as a whole: its three ports, what an operator should know of it, and its end. */
import type { Finding } from '../domain/finding.js';
import type { AlarmDesk } from './alarm-desk.js';
import type { AlarmSource } from './alarm-source.js';
import type { AlarmWriter } from './alarm-writer.js';
import type { Ownership } from './ownership.js';

/**
 * What was found when looking at the database, for `config check --connect` and the log at start.
 *
 * Example: `{ server: 'MariaDB 10.11.14 at db1:3306/monitor', writes: 'alarm_only', facts: ['notes: varchar(100), latin1'],
 * warnings: ['the user may not update notes: alarms are cleared without a stamp'] }`
 */
export interface StoreReport {
  readonly server: string;
  /** `full`: alarm and note; `alarm_only`: the note stays as it is; `none`: nothing may be or is to be written. */
  readonly writes: 'full' | 'alarm_only' | 'none';
  /** Whole sentences or `thing: value`, ready to be shown. */
  readonly facts: readonly string[];
  /** What a person should mend; empty: all is well. */
  readonly warnings: readonly string[];
}

export interface AlarmStore {
  readonly source: AlarmSource;
  readonly writer: AlarmWriter;
  readonly desk: AlarmDesk;
  /**
   * Begins to be, or to wait to become, the one monitor that acts on these rows; from then on the writer writes nothing
   * while it is not. A second call gives the same. `warn` hears whole sentences: where nothing can keep others from acting.
   */
  own(warn: (detail: string) => void): Ownership;
  /** Looks at server, schema and rights anew, and changes nothing. Throws `StoreError`. */
  probe(signal: AbortSignal): Promise<StoreReport>;
  /** Looks closer, for a person: counts rows, compares clocks, and says what mends what is wrong. Throws `StoreError`. */
  examine?(signal: AbortSignal): Promise<readonly Finding[]>;
  /** Gives back the ownership and every connection; calls under way end with a `StoreError`. Never throws; a second call does nothing. */
  close(): Promise<void>;
}
