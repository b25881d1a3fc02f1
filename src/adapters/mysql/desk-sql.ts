/** The statements for a person's own hand on the tables. */
import type { ProcessId } from '../../domain/alarm.js';
import type { DeskAction } from '../../ports/alarm-desk.js';
import { hostOf, ID, notesOf, ofHost, SAME_NOTE, type Scope, type SqlValue, type Statement } from './sql.js';

/** Processes without a status row come with NULL in its columns, whatever the host: they have none yet. */
export function listProcesses(scope: Scope): Statement {
  const text =
    'SELECT CAST(s.process_id AS CHAR) AS processId, p.process_name AS processName, ' +
    `CAST(s.alarma AS SIGNED) AS alarma, CAST(s.sound AS SIGNED) AS sound, ${notesOf(scope)} AS notes ` +
    `FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id WHERE TRUE${ofHost(scope)} ` +
    'UNION ALL SELECT CAST(p.process_id AS CHAR), p.process_name, NULL, NULL, NULL FROM PROCESE p ' +
    'WHERE NOT EXISTS (SELECT 1 FROM STATUS_PROCESS s WHERE s.process_id = p.process_id)';
  return { what: 'list processes', text, values: hostOf(scope) };
}

const DESK_VALUES = {
  raise: 'alarma = 1, sound = 0',
  clear: 'alarma = 0, sound = 0',
  acknowledge: 'sound = 1',
} as const satisfies Record<DeskAction, string>;

/** Notes with one of our marks in them, or with what looks like one. */
export function readMarkedNotes(scope: Scope, id: ProcessId): Statement {
  const text =
    `SELECT notes AS notes FROM STATUS_PROCESS s WHERE s.process_id = ${ID}${ofHost(scope)} ` +
    "AND INSTR(CONVERT(s.notes USING utf8mb4), '[pm:') > 0";
  return { what: 'read notes', text, values: [String(id), ...hostOf(scope)] };
}

/** A note by hand: in place of the one `seen`, or of whatever there is. */
export interface DeskNote {
  /** undefined: whatever it is. */
  readonly seen?: string;
  readonly next: string;
}

/** `note` null leaves the note as it is. */
export function applyByHand(scope: Scope, action: DeskAction, id: ProcessId, note: DeskNote | null): Statement {
  const seen = note?.seen ?? null;
  const text =
    `UPDATE STATUS_PROCESS s SET ${DESK_VALUES[action]}${note === null ? '' : ', notes = ?'} ` +
    `WHERE s.process_id = ${ID}${ofHost(scope)}${seen === null ? '' : ` AND ${SAME_NOTE}`}`;
  const values = [...valuesOf(note?.next ?? null), String(id), ...hostOf(scope), ...valuesOf(seen)];
  return { what: `${action} alarm`, text, values };
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

function valuesOf(note: string | null): readonly SqlValue[] {
  return note === null ? [] : [note];
}
