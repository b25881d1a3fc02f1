/** The statements that claim, clear and raise alarms: each changes only rows that are still as they were read. */
import type { ProcessId } from '../../domain/alarm.js';
import type { LeaseKey } from './lease-sql.js';
import { tableOf } from './lease-sql.js';
import {
  ALARMED,
  filledUp,
  hostOf,
  ID,
  NOTE_BYTES,
  ofHost,
  SAME_NOTE,
  type Scope,
  type SqlValue,
  type Statement,
} from './sql.js';

/** A piece of a statement and what belongs to it. */
export interface Part {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** A change of rows of STATUS_PROCESS, `s` in its parts, that is not a statement yet: who may make it is asked in the same one. */
export interface RowsChange {
  readonly what: string;
  readonly set: Part;
  readonly where: Part;
}

/** Whoever makes it. */
export function anyoneMay({ what, set, where }: RowsChange): Statement {
  const text = `UPDATE STATUS_PROCESS s SET ${set.text} WHERE ${where.text}`;
  return { what, text, values: [...set.values, ...where.values] };
}

/**
 * Only while the lease is the owner's, which gives a sign of life in it: one statement, so all of it or nothing. The row of
 * the lease is read after those of the alarms (the order of a `STRAIGHT_JOIN` is kept), and so is locked for an instant only,
 * however long they had to be waited for. On a cluster only writes are compared with those of other nodes: hence the sign of life.
 * It matches one row more than it changes of the alarms.
 */
export function ownerMay({ what, set, where }: RowsChange, key: LeaseKey, owner: string): Statement {
  const text =
    `UPDATE STATUS_PROCESS s STRAIGHT_JOIN ${tableOf(key)} l SET ${set.text}, l.beat = l.beat + 1 ` +
    `WHERE ${where.text} AND l.name = ? AND l.owner = ?`;
  return { what, text, values: [...set.values, ...where.values, key.name, owner] };
}

/** Only while this connection holds the lock. */
export function lockHolderMay({ what, set, where }: RowsChange, name: string, connectionId: string): Statement {
  const text = `UPDATE STATUS_PROCESS s SET ${set.text} WHERE ${where.text} AND IS_USED_LOCK(?) = CAST(? AS SIGNED)`;
  return { what, text, values: [...set.values, ...where.values, name, connectionId] };
}

/** The note is byte for byte this one. */
export function sameNote(note: string | null): Part {
  return { text: ` AND ${SAME_NOTE}`, values: [note] };
}

/** The mark is somewhere in the note. */
export function markedWith(mark: string): Part {
  return { text: ' AND INSTR(CONVERT(s.notes USING utf8mb4), ?) > 0', values: [mark] };
}

/** Nothing was raised since this number was read. */
export function sameSequence(sequence: string): Part {
  return { text: ' AND s.alarm_seq = CAST(? AS UNSIGNED)', values: [sequence] };
}

/** Notes and sequence numbers of the rows that are to be claimed or cleared, as they stand now. */
export function readAlarmedRows(scope: Scope, id: ProcessId): Statement {
  return selectRows(scope, id, ALARMED);
}

/** The same of rows that are clear already. */
export function readClearRows(scope: Scope, id: ProcessId): Statement {
  return selectRows(scope, id, 's.alarma = 0');
}

/**
 * The rows in alarm of these processes, and what each id is called now, in alarm or not: rows with `isRow` 1 and 0. One
 * statement, so both are of the same instant. `ids`: one or more.
 */
export function readRowsAndNames(scope: Scope, ids: readonly ProcessId[]): Statement {
  const asked = filledUp(ids.map(String));
  const among = `IN (${asked.map(() => ID).join(', ')})`;
  const text =
    `SELECT 1 AS isRow, CAST(s.process_id AS CHAR) AS processId, NULL AS processName, ${columnsOf(scope)} ` +
    `FROM STATUS_PROCESS s WHERE s.process_id ${among} AND ${ALARMED}${ofHost(scope)} ` +
    'UNION ALL SELECT 0, CAST(p.process_id AS CHAR), p.process_name, NULL, NULL ' +
    `FROM PROCESE p WHERE p.process_id ${among}`;
  return { what: 'look again at alarms', text, values: [...asked, ...hostOf(scope), ...asked] };
}

/** 0 rows: someone was faster. */
export function writeMark(
  scope: Scope,
  id: ProcessId,
  note: { readonly seen: string | null; readonly next: string },
): RowsChange {
  const set = { text: 's.notes = ?', values: [note.next] };
  return { what: 'claim alarm', set, where: alarmedRowOf(scope, id, [sameNote(note.seen)]) };
}

/** `note` null leaves the note as it is. 0 rows: someone was faster. */
export function clearGuarded(scope: Scope, id: ProcessId, note: string | null, guards: readonly Part[]): RowsChange {
  const set =
    note === null ? { text: 's.alarma = 0', values: [] } : { text: 's.alarma = 0, s.notes = ?', values: [note] };
  return { what: 'clear alarm', set, where: alarmedRowOf(scope, id, guards) };
}

/** One row of one process: how it was seen, and its note from now on. */
export interface Rewriting {
  readonly processId: ProcessId;
  readonly seen: { readonly note: string | null; readonly sequence: string | null };
  readonly next: string;
}

/** Several at once, each under its own guard; one or more, each of another process. */
export function rewriteRows(scope: Scope, rows: readonly Rewriting[], end: 'claim' | 'clear'): RowsChange {
  const [only, second] = rows;
  const what = `${end} alarm`;
  const alarm = end === 'clear' ? 's.alarma = 0, ' : '';
  if (only !== undefined && second === undefined) {
    const { note, sequence } = only.seen;
    const guards = [sameNote(note), ...(sequence === null ? [] : [sameSequence(sequence)])];
    const set = { text: `${alarm}s.notes = ?`, values: [only.next] };
    return { what, set, where: alarmedRowOf(scope, only.processId, guards) };
  }
  const all = filledUp(rows);
  const notes = byProcess(all, '?', ({ next }) => next);
  const seen = byProcess(all, 'CAST(? AS BINARY)', (row) => row.seen.note);
  const sequences = byProcess(all, 'CAST(? AS UNSIGNED)', (row) => row.seen.sequence);
  const counted = scope.hasSequence ? ` AND s.alarm_seq = ${sequences.text}` : '';
  const where = {
    text: `s.process_id IN (${all.map(() => ID).join(', ')}) AND ${ALARMED}${ofHost(scope)} AND ${NOTE_BYTES} <=> ${seen.text}${counted}`,
    values: [
      ...all.map(({ processId }) => String(processId)),
      ...hostOf(scope),
      ...seen.values,
      ...(scope.hasSequence ? sequences.values : []),
    ],
  };
  return { what, set: { text: `${alarm}s.notes = ${notes.text}`, values: notes.values }, where };
}

export function raiseAlarm(scope: Scope, id: ProcessId): RowsChange {
  const where = {
    text: `s.process_id = ${ID} AND s.alarma = 0 AND (s.sound = 0 OR s.sound IS NULL)${ofHost(scope)}`,
    values: [String(id), ...hostOf(scope)],
  };
  return { what: 'raise alarm', set: { text: 's.alarma = 1', values: [] }, where };
}

function byProcess(rows: readonly Rewriting[], value: string, valueOf: (row: Rewriting) => SqlValue): Part {
  return {
    text: `CASE s.process_id ${rows.map(() => `WHEN ${ID} THEN ${value}`).join(' ')} END`,
    values: rows.flatMap((row) => [String(row.processId), valueOf(row)]),
  };
}

function alarmedRowOf(scope: Scope, id: ProcessId, guards: readonly Part[]): Part {
  return {
    text: `s.process_id = ${ID} AND ${ALARMED}${ofHost(scope)}${guards.map((guard) => guard.text).join('')}`,
    values: [String(id), ...hostOf(scope), ...guards.flatMap((guard) => guard.values)],
  };
}

function selectRows(scope: Scope, id: ProcessId, condition: string): Statement {
  const text = `SELECT ${columnsOf(scope)} FROM STATUS_PROCESS s WHERE s.process_id = ${ID} AND ${condition}${ofHost(scope)}`;
  return { what: 'read notes', text, values: [String(id), ...hostOf(scope)] };
}

function columnsOf(scope: Scope): string {
  const sequence = scope.hasSequence ? 'CAST(s.alarm_seq AS CHAR)' : 'NULL';
  return `${scope.hasNotes ? 's.notes' : 'NULL'} AS notes, ${sequence} AS sequence`;
}
