/** The statements that claim and clear alarms: each changes only rows that are still as they were read. */
import type { ProcessId } from '../../domain/alarm.js';
import { ALARMED, hostOf, ID, ofHost, SAME_NOTE, type Scope, type SqlValue, type Statement } from './sql.js';

/** A condition beside "in alarm and unacknowledged". */
export interface Guard {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** The note is byte for byte this one. */
export function sameNote(note: string | null): Guard {
  return { text: ` AND ${SAME_NOTE}`, values: [note] };
}

/** The mark is somewhere in the note. */
export function markedWith(mark: string): Guard {
  return { text: ' AND INSTR(CONVERT(notes USING utf8mb4), ?) > 0', values: [mark] };
}

/** Nothing was raised since this number was read. */
export function sameSequence(sequence: string): Guard {
  return { text: ' AND alarm_seq = CAST(? AS UNSIGNED)', values: [sequence] };
}

/** Notes and sequence numbers of the rows that are to be claimed or cleared, as they stand now. */
export function readAlarmedRows(scope: Scope, id: ProcessId): Statement {
  return selectRows(scope, id, ALARMED);
}

/** The same of rows that are clear already. */
export function readClearRows(scope: Scope, id: ProcessId): Statement {
  return selectRows(scope, id, 'alarma = 0');
}

/** 0 rows: someone was faster. */
export function writeMark(
  scope: Scope,
  id: ProcessId,
  note: { readonly seen: string | null; readonly next: string },
): Statement {
  const guard = sameNote(note.seen);
  const text = `UPDATE STATUS_PROCESS SET notes = ? WHERE process_id = ${ID} AND ${ALARMED}${ofHost(scope)}${guard.text}`;
  return { what: 'claim alarm', text, values: [note.next, String(id), ...hostOf(scope), ...guard.values] };
}

/** `note` null leaves the note as it is. 0 rows: someone was faster. */
export function clearGuarded(scope: Scope, id: ProcessId, note: string | null, guards: readonly Guard[]): Statement {
  const text =
    `UPDATE STATUS_PROCESS SET alarma = 0${note === null ? '' : ', notes = ?'} ` +
    `WHERE process_id = ${ID} AND ${ALARMED}${ofHost(scope)}${guards.map((guard) => guard.text).join('')}`;
  const values = [
    ...(note === null ? [] : [note]),
    String(id),
    ...hostOf(scope),
    ...guards.flatMap((guard) => guard.values),
  ];
  return { what: 'clear alarm', text, values };
}

function selectRows(scope: Scope, id: ProcessId, condition: string): Statement {
  const columns = [
    `${scope.hasNotes ? 'notes' : 'NULL'} AS notes`,
    `${scope.hasSequence ? 'CAST(alarm_seq AS CHAR)' : 'NULL'} AS sequence`,
  ];
  const text = `SELECT ${columns.join(', ')} FROM STATUS_PROCESS WHERE process_id = ${ID} AND ${condition}${ofHost(scope)}`;
  return { what: 'read notes', text, values: [String(id), ...hostOf(scope)] };
}
