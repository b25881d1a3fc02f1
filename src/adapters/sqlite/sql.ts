/** Every statement that is ever run on the file: values as parameters only. */
import type { DeskAction } from '../../ports/alarm-desk.js';
import type { SqliteValue } from './driver.js';

export interface Statement {
  readonly text: string;
  readonly values: readonly SqliteValue[];
}

/** What of the tables is there and is ours. */
export interface Scope {
  /** null: rows of every host. */
  readonly hostId: number | null;
  readonly hasNotes: boolean;
}

const ALARMED = 'alarma = 1 AND (sound = 0 OR sound IS NULL)';
// As bytes: the column may have been declared to ignore upper and lower case.
const SAME_NOTE = 'CAST(notes AS BLOB) IS CAST(? AS BLOB)';

/** The tables as the predecessor had them. */
export function createTables(hostId: number | null): string {
  const hostColumn = hostId === null ? '' : `, host_id INTEGER NOT NULL DEFAULT ${hostId}`;
  return (
    'CREATE TABLE IF NOT EXISTS PROCESE (process_id INTEGER PRIMARY KEY, process_name TEXT NOT NULL);' +
    'CREATE TABLE IF NOT EXISTS STATUS_PROCESS (process_id INTEGER PRIMARY KEY, alarma INTEGER NOT NULL DEFAULT 0, ' +
    `sound INTEGER NOT NULL DEFAULT 0, notes TEXT${hostColumn});` +
    'CREATE INDEX IF NOT EXISTS idx_alarma ON STATUS_PROCESS (alarma);'
  );
}

/** A process with a clear status row, where neither is there yet. */
export function insertProcess(id: number, name: string): readonly Statement[] {
  return [
    { text: 'INSERT OR IGNORE INTO PROCESE (process_id, process_name) VALUES (?, ?)', values: [id, name] },
    { text: 'INSERT OR IGNORE INTO STATUS_PROCESS (process_id) VALUES (?)', values: [id] },
  ];
}

export const READ_COLUMNS: Statement = {
  text:
    'SELECT UPPER(m.name) AS tableName, LOWER(c.name) AS columnName FROM sqlite_master m ' +
    "JOIN pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')",
  values: [],
};

/** Ids as text: one beyond the safe integers must be seen as such. */
export function readAlarms(scope: Scope): Statement {
  const text =
    `SELECT CAST(s.process_id AS TEXT) AS processId, p.process_name AS processName, ${notesOf(scope)} AS notes ` +
    'FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id ' +
    `WHERE s.alarma = 1 AND (s.sound = 0 OR s.sound IS NULL)${ofHost(scope, 's.')} ORDER BY s.process_id`;
  return { text, values: hostOf(scope) };
}

export function readStillAlarmed(scope: Scope, ids: readonly number[]): Statement {
  const text =
    'SELECT CAST(s.process_id AS TEXT) AS processId, p.process_name AS processName ' +
    'FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id ' +
    `WHERE s.alarma = 1 AND (s.sound = 0 OR s.sound IS NULL)${ofHost(scope, 's.')} ` +
    'AND s.process_id IN (SELECT value FROM json_each(?)) ORDER BY s.process_id';
  return { text, values: [...hostOf(scope), JSON.stringify(ids)] };
}

export function readNames(ids: readonly number[]): Statement {
  const text =
    'SELECT CAST(process_id AS TEXT) AS processId, process_name AS processName FROM PROCESE ' +
    'WHERE process_id IN (SELECT value FROM json_each(?)) ORDER BY process_id';
  return { text, values: [JSON.stringify(ids)] };
}

export function readRowsNamed(scope: Scope, names: readonly string[]): Statement {
  const text =
    'SELECT CAST(s.process_id AS TEXT) AS processId, p.process_name AS processName, s.alarma AS alarma, s.sound AS sound ' +
    'FROM PROCESE p JOIN STATUS_PROCESS s ON s.process_id = p.process_id ' +
    `WHERE p.process_name IN (SELECT value FROM json_each(?))${ofHost(scope, 's.')} ORDER BY s.process_id`;
  return { text, values: [JSON.stringify(names), ...hostOf(scope)] };
}

export function countProcesses(scope: Scope): Statement {
  const text = `SELECT COUNT(DISTINCT process_id) AS processes FROM STATUS_PROCESS WHERE TRUE${ofHost(scope)}`;
  return { text, values: hostOf(scope) };
}

/** The notes of the rows that are to be cleared. */
export function readAlarmedNotes(scope: Scope, id: number): Statement {
  return selectNotes(scope, id, ALARMED);
}

/** The notes of rows that are clear already. */
export function readClearNotes(scope: Scope, id: number): Statement {
  return selectNotes(scope, id, 'alarma = 0');
}

/** Leaves the alarm as it is. */
export function writeNote(
  scope: Scope,
  id: number,
  note: { readonly seen: string | null; readonly next: string },
): Statement {
  const text = `UPDATE STATUS_PROCESS SET notes = ? WHERE process_id = ? AND ${ALARMED}${ofHost(scope)} AND ${SAME_NOTE}`;
  return { text, values: [note.next, id, ...hostOf(scope), note.seen] };
}

export function clearWithNote(
  scope: Scope,
  id: number,
  note: { readonly seen: string | null; readonly next: string },
): Statement {
  const text = `UPDATE STATUS_PROCESS SET alarma = 0, notes = ? WHERE process_id = ? AND ${ALARMED}${ofHost(scope)} AND ${SAME_NOTE}`;
  return { text, values: [note.next, id, ...hostOf(scope), note.seen] };
}

/** `mark` null: whatever the note. */
export function clearWithoutNote(scope: Scope, id: number, mark: string | null): Statement {
  const marked = mark === null ? '' : ' AND INSTR(CAST(notes AS TEXT), ?) > 0';
  const text = `UPDATE STATUS_PROCESS SET alarma = 0 WHERE process_id = ? AND ${ALARMED}${ofHost(scope)}${marked}`;
  return { text, values: [id, ...hostOf(scope), ...valuesOf(mark)] };
}

export function raiseAlarm(scope: Scope, id: number): Statement {
  const text = `UPDATE STATUS_PROCESS SET alarma = 1 WHERE process_id = ? AND alarma = 0 AND (sound = 0 OR sound IS NULL)${ofHost(scope)}`;
  return { text, values: [id, ...hostOf(scope)] };
}

/** Processes without a status row come with NULL in its columns. */
export function listProcesses(scope: Scope): Statement {
  const text =
    'SELECT CAST(s.process_id AS TEXT) AS processId, p.process_name AS processName, s.alarma AS alarma, ' +
    `s.sound AS sound, ${notesOf(scope)} AS notes FROM STATUS_PROCESS s LEFT JOIN PROCESE p ` +
    `ON p.process_id = s.process_id WHERE TRUE${ofHost(scope, 's.')} ` +
    'UNION ALL SELECT CAST(p.process_id AS TEXT), p.process_name, NULL, NULL, NULL FROM PROCESE p ' +
    'WHERE NOT EXISTS (SELECT 1 FROM STATUS_PROCESS s WHERE s.process_id = p.process_id)';
  return { text, values: hostOf(scope) };
}

const DESK_VALUES = {
  raise: 'alarma = 1, sound = 0',
  clear: 'alarma = 0, sound = 0',
  acknowledge: 'sound = 1',
} as const satisfies Record<DeskAction, string>;

/** Notes with one of our marks in them, or with what looks like one. */
export function readMarkedNotes(scope: Scope, id: number): Statement {
  return selectNotes(scope, id, "INSTR(CAST(notes AS TEXT), '[pm:') > 0");
}

/** A note by hand: in place of the one `seen`, or of whatever there is. */
export interface DeskNote {
  /** undefined: whatever it is. */
  readonly seen?: string;
  readonly next: string;
}

/** `note` null leaves the note as it is. */
export function applyByHand(scope: Scope, action: DeskAction, id: number, note: DeskNote | null): Statement {
  const seen = note?.seen ?? null;
  const text =
    `UPDATE STATUS_PROCESS SET ${DESK_VALUES[action]}${note === null ? '' : ', notes = ?'} ` +
    `WHERE process_id = ?${ofHost(scope)}${seen === null ? '' : ` AND ${SAME_NOTE}`}`;
  return { text, values: [...valuesOf(note?.next ?? null), id, ...hostOf(scope), ...valuesOf(seen)] };
}

/** Gives a process that has no status row at all one in alarm. */
export function insertRaised(scope: Scope, id: number, note: string | null): Statement {
  const columns = `${scope.hostId === null ? '' : ', host_id'}${note === null ? '' : ', notes'}`;
  const values = [...hostOf(scope), ...valuesOf(note)];
  const text =
    `INSERT INTO STATUS_PROCESS (process_id, alarma, sound${columns}) SELECT p.process_id, 1, 0${', ?'.repeat(values.length)} ` +
    'FROM PROCESE p WHERE p.process_id = ? ' +
    'AND NOT EXISTS (SELECT 1 FROM STATUS_PROCESS s WHERE s.process_id = p.process_id) LIMIT 1';
  return { text, values: [...values, id] };
}

function selectNotes(scope: Scope, id: number, condition: string): Statement {
  const notes = scope.hasNotes ? 'CAST(notes AS TEXT)' : 'NULL';
  const text = `SELECT ${notes} AS notes FROM STATUS_PROCESS WHERE process_id = ? AND ${condition}${ofHost(scope)}`;
  return { text, values: [id, ...hostOf(scope)] };
}

function notesOf(scope: Scope): string {
  return scope.hasNotes ? 'CAST(s.notes AS TEXT)' : 'NULL';
}

function ofHost(scope: Scope, prefix = ''): string {
  return scope.hostId === null ? '' : ` AND ${prefix}host_id = ?`;
}

function hostOf(scope: Scope): readonly SqliteValue[] {
  return scope.hostId === null ? [] : [scope.hostId];
}

function valuesOf(note: string | null): readonly SqliteValue[] {
  return note === null ? [] : [note];
}
