/** Remembers what was last said of each row, so that a state is told when it changes and not each cycle. */
import type { AlarmRow, ProcessId } from '../domain/alarm.js';
import type { SkipReason } from '../domain/verdict.js';

interface Sighting {
  readonly processId: ProcessId | null;
  readonly processName: string | null;
  /** null: not skipped. */
  readonly code: SkipReason['code'] | null;
}

export interface SightingNews {
  readonly found: readonly AlarmRow[];
  /** No longer in alarm, by whosever doing. */
  readonly gone: readonly { readonly processId: ProcessId | null; readonly processName: string | null }[];
}

export class Sightings {
  private rows = new Map<string, Sighting>();

  /** Compares a batch with the last one. It never holds more than one batch. */
  update(batch: readonly AlarmRow[]): SightingNews {
    const found: AlarmRow[] = [];
    const seen = new Map<string, Sighting>();
    for (const row of batch) {
      const key = keyOf(row);
      const before = this.rows.get(key) ?? seen.get(key);
      if (before === undefined) found.push(row);
      seen.set(key, before ?? { processId: row.processId, processName: row.processName, code: null });
    }
    const gone = [...this.rows].filter(([key]) => !seen.has(key)).map(([, sighting]) => sighting);
    this.rows = seen;
    return { found, gone };
  }

  /** Whether this is another reason than the last one told for the row; remembers it. */
  isNews(row: AlarmRow, code: SkipReason['code']): boolean {
    const key = keyOf(row);
    const before = this.rows.get(key);
    if (before?.code === code) return false;
    this.rows.set(key, { processId: row.processId, processName: row.processName, code });
    return true;
  }

  /** The row is being restarted: whatever is said of it next is news. */
  noteHandling(row: { readonly processId: ProcessId | null; readonly processName: string }): void {
    const key = keyOf(row);
    if (this.rows.has(key)) this.rows.set(key, { ...row, code: null });
  }
}

function keyOf({ processId, processName }: Pick<AlarmRow, 'processId' | 'processName'>): string {
  return `${processId ?? 'NULL'} ${processName ?? ''}`;
}
