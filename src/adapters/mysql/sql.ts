/** Every statement that is ever sent about alarms: values as parameters only, no double quotes, all columns with an alias. */
import type { ProcessId } from '../../domain/alarm.js';
import type { DeskAction } from '../../ports/alarm-desk.js';

export type SqlValue = string | number | null;

/** `what` names it in errors: `read alarms on db1:3306/monitor: …`. */
export interface Statement {
  readonly what: string;
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** What of the tables is there and is ours. */
export interface Scope {
  /** null: rows of every host. */
  readonly hostId: number | null;
  readonly hasNotes: boolean;
}

const ALARMED = 'alarma = 1 AND (sound = 0 OR sound IS NULL)';
// A parameter travels as text or as a double; cast, ids are compared as the integers they are and an index is used.
const ID = 'CAST(? AS SIGNED)';
// Compared as UTF-8 bytes: a collation would take `Alarm` for `alárm`, and a plain cast would compare latin1 with UTF-8.
const SAME_NOTE = 'CAST(CONVERT(notes USING utf8mb4) AS BINARY) <=> CAST(? AS BINARY)';

export function readAlarms(scope: Scope): Statement {
  const text =
    `SELECT CAST(s.process_id AS CHAR) AS processId, p.process_name AS processName, ${notesOf(scope)} AS notes ` +
    'FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id ' +
    `WHERE s.alarma = 1 AND (s.sound = 0 OR s.sound IS NULL)${ofHost(scope, 's.')} ORDER BY s.process_id`;
  return { what: 'read alarms', text, values: hostOf(scope) };
}

/** `ids`: one or more. */
export function readStillAlarmed(scope: Scope, ids: readonly ProcessId[]): Statement {
  const asked = filledUp(ids);
  const text =
    'SELECT CAST(s.process_id AS CHAR) AS processId, p.process_name AS processName ' +
    'FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id ' +
    `WHERE s.alarma = 1 AND (s.sound = 0 OR s.sound IS NULL)${ofHost(scope, 's.')} ` +
    `AND s.process_id IN (${asked.map(() => ID).join(', ')}) ORDER BY s.process_id`;
  return { what: 'look again at alarms', text, values: [...hostOf(scope), ...asked] };
}

/** `ids`: one or more. */
export function readNames(ids: readonly ProcessId[]): Statement {
  const asked = filledUp(ids);
  const text =
    'SELECT CAST(process_id AS CHAR) AS processId, process_name AS processName FROM PROCESE ' +
    `WHERE process_id IN (${asked.map(() => ID).join(', ')}) ORDER BY process_id`;
  return { what: 'read names', text, values: asked };
}

/** Up to the next power of two by the last one, so that few different statements are prepared. */
function filledUp(ids: readonly ProcessId[]): readonly string[] {
  const size = 2 ** Math.ceil(Math.log2(ids.length));
  return Array.from({ length: size }, (_, index) => String(ids[Math.min(index, ids.length - 1)]));
}

export function countProcesses(scope: Scope): Statement {
  const text = `SELECT COUNT(DISTINCT process_id) AS processes FROM STATUS_PROCESS WHERE TRUE${ofHost(scope)}`;
  return { what: 'count processes', text, values: hostOf(scope) };
}

/** The notes of the rows that are to be cleared, as they stand now. */
export function readAlarmedNotes(scope: Scope, id: ProcessId): Statement {
  return selectNotes(scope, id, ALARMED);
}

/** The notes of rows that are clear already. */
export function readClearNotes(scope: Scope, id: ProcessId): Statement {
  return selectNotes(scope, id, 'alarma = 0');
}

/** Clears those rows that still hold the note `seen`. 0 rows: someone was faster. */
export function clearWithNote(
  scope: Scope,
  id: ProcessId,
  note: { readonly seen: string | null; readonly next: string },
): Statement {
  const text = `UPDATE STATUS_PROCESS SET alarma = 0, notes = ? WHERE process_id = ${ID} AND ${ALARMED}${ofHost(scope)} AND ${SAME_NOTE}`;
  return { what: 'clear alarm', text, values: [note.next, String(id), ...hostOf(scope), note.seen] };
}

export function clearWithoutNote(scope: Scope, id: ProcessId): Statement {
  const text = `UPDATE STATUS_PROCESS SET alarma = 0 WHERE process_id = ${ID} AND ${ALARMED}${ofHost(scope)}`;
  return { what: 'clear alarm', text, values: [String(id), ...hostOf(scope)] };
}

export function raiseAlarm(scope: Scope, id: ProcessId): Statement {
  const text =
    `UPDATE STATUS_PROCESS SET alarma = 1 WHERE process_id = ${ID} AND alarma = 0 ` +
    `AND (sound = 0 OR sound IS NULL)${ofHost(scope)}`;
  return { what: 'raise alarm', text, values: [String(id), ...hostOf(scope)] };
}

/** Changes no row, and is refused like a real write-back where the rights are missing: also those that come by a role or a view. */
export function tryClear(withNote: boolean): Statement {
  const text = `UPDATE STATUS_PROCESS SET alarma = 0${withNote ? ', notes = notes' : ''} WHERE FALSE`;
  return { what: 'look up write rights', text, values: [] };
}

/** Processes without a status row come with NULL in its columns, whatever the host: they have none yet. */
export function listProcesses(scope: Scope): Statement {
  const text =
    'SELECT CAST(s.process_id AS CHAR) AS processId, p.process_name AS processName, ' +
    `CAST(s.alarma AS SIGNED) AS alarma, CAST(s.sound AS SIGNED) AS sound, ${notesOf(scope)} AS notes ` +
    `FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id WHERE TRUE${ofHost(scope, 's.')} ` +
    'UNION ALL SELECT CAST(p.process_id AS CHAR), p.process_name, NULL, NULL, NULL FROM PROCESE p ' +
    'WHERE NOT EXISTS (SELECT 1 FROM STATUS_PROCESS s WHERE s.process_id = p.process_id)';
  return { what: 'list processes', text, values: hostOf(scope) };
}

const DESK_VALUES = {
  raise: 'alarma = 1, sound = 0',
  clear: 'alarma = 0, sound = 0',
  acknowledge: 'sound = 1',
} as const satisfies Record<DeskAction, string>;

/** `note` null leaves the note as it is. */
export function applyByHand(scope: Scope, action: DeskAction, id: ProcessId, note: string | null): Statement {
  const text = `UPDATE STATUS_PROCESS SET ${DESK_VALUES[action]}${note === null ? '' : ', notes = ?'} WHERE process_id = ${ID}${ofHost(scope)}`;
  return { what: `${action} alarm`, text, values: [...valuesOf(note), String(id), ...hostOf(scope)] };
}

/** Gives a process that has no status row at all one in alarm. */
export function insertRaised(scope: Scope, id: ProcessId, note: string | null): Statement {
  const hostColumn = scope.hostId === null ? '' : ', host_id';
  const noteColumn = note === null ? '' : ', notes';
  const placeholders = [...hostOf(scope), ...valuesOf(note)].map(() => ', ?').join('');
  const text =
    `INSERT INTO STATUS_PROCESS (process_id, alarma, sound${hostColumn}${noteColumn}) ` +
    `SELECT p.process_id, 1, 0${placeholders} FROM PROCESE p WHERE p.process_id = ${ID} ` +
    'AND NOT EXISTS (SELECT 1 FROM STATUS_PROCESS s WHERE s.process_id = p.process_id) LIMIT 1';
  return { what: 'raise alarm', text, values: [...hostOf(scope), ...valuesOf(note), String(id)] };
}

function selectNotes(scope: Scope, id: ProcessId, condition: string): Statement {
  const notes = scope.hasNotes ? 'notes' : 'NULL';
  const text = `SELECT ${notes} AS notes FROM STATUS_PROCESS WHERE process_id = ${ID} AND ${condition}${ofHost(scope)}`;
  return { what: 'read notes', text, values: [String(id), ...hostOf(scope)] };
}

function notesOf(scope: Scope): string {
  return scope.hasNotes ? 's.notes' : 'NULL';
}

function ofHost(scope: Scope, prefix = ''): string {
  return scope.hostId === null ? '' : ` AND ${prefix}host_id = ?`;
}

function hostOf(scope: Scope): readonly SqlValue[] {
  return scope.hostId === null ? [] : [String(scope.hostId)];
}

function valuesOf(note: string | null): readonly SqlValue[] {
  return note === null ? [] : [note];
}
