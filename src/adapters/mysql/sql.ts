/** Every statement that is ever sent about alarms: values as parameters only, no double quotes, all columns with an alias. */
import type { ProcessId } from '../../domain/alarm.js';

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
  /** There is the column that a trigger counts up whenever an alarm is raised. */
  readonly hasSequence: boolean;
}

/** Of a row of STATUS_PROCESS, called `s` in every statement. */
export const ALARMED = 's.alarma = 1 AND (s.sound = 0 OR s.sound IS NULL)';
// A parameter travels as text or as a double; cast, ids are compared as the integers they are and an index is used.
export const ID = 'CAST(? AS SIGNED)';
// Compared as UTF-8 bytes: a collation would take `Alarm` for `alárm`, and a plain cast would compare latin1 with UTF-8.
export const NOTE_BYTES = 'CAST(CONVERT(s.notes USING utf8mb4) AS BINARY)';
export const SAME_NOTE = `${NOTE_BYTES} <=> CAST(? AS BINARY)`;

export function readAlarms(scope: Scope): Statement {
  const text =
    `SELECT CAST(s.process_id AS CHAR) AS processId, p.process_name AS processName, ${notesOf(scope)} AS notes ` +
    'FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id ' +
    `WHERE ${ALARMED}${ofHost(scope)} ORDER BY s.process_id`;
  return { what: 'read alarms', text, values: hostOf(scope) };
}

/** `ids`: one or more. */
export function readStillAlarmed(scope: Scope, ids: readonly ProcessId[]): Statement {
  const asked = filledUp(ids.map(String));
  const text =
    'SELECT CAST(s.process_id AS CHAR) AS processId, p.process_name AS processName ' +
    'FROM STATUS_PROCESS s LEFT JOIN PROCESE p ON p.process_id = s.process_id ' +
    `WHERE ${ALARMED}${ofHost(scope)} AND s.process_id IN (${asked.map(() => ID).join(', ')}) ORDER BY s.process_id`;
  return { what: 'look again at alarms', text, values: [...hostOf(scope), ...asked] };
}

/** `ids`: one or more. */
export function readNames(ids: readonly ProcessId[]): Statement {
  const asked = filledUp(ids.map(String));
  const text =
    'SELECT CAST(process_id AS CHAR) AS processId, process_name AS processName FROM PROCESE ' +
    `WHERE process_id IN (${asked.map(() => ID).join(', ')}) ORDER BY process_id`;
  return { what: 'read names', text, values: asked };
}

/** Up to the next power of two by the last one, so that few different statements are prepared. One or more. */
export function filledUp<T>(items: readonly T[]): readonly T[] {
  const size = 2 ** Math.ceil(Math.log2(items.length));
  const last = items.slice(-1);
  return [...items, ...Array.from({ length: size - items.length }, () => last).flat()];
}

/** `names`: one or more. Those that a collation takes for one of them are among the rows. */
export function readRowsNamed(scope: Scope, names: readonly string[]): Statement {
  const asked = filledUp(names);
  const text =
    'SELECT CAST(s.process_id AS CHAR) AS processId, p.process_name AS processName, s.alarma AS alarma, s.sound AS sound ' +
    'FROM PROCESE p JOIN STATUS_PROCESS s ON s.process_id = p.process_id ' +
    `WHERE p.process_name IN (${asked.map(() => '?').join(', ')})${ofHost(scope)} ORDER BY s.process_id`;
  return { what: 'read rows of failed units', text, values: [...asked, ...hostOf(scope)] };
}

export function countProcesses(scope: Scope): Statement {
  const text = `SELECT COUNT(DISTINCT process_id) AS processes FROM STATUS_PROCESS s WHERE TRUE${ofHost(scope)}`;
  return { what: 'count processes', text, values: hostOf(scope) };
}

/** Changes no row, and is refused like a real write-back where the rights are missing: also those that come by a role or a view. */
export function tryClear(withNote: boolean): Statement {
  const text = `UPDATE STATUS_PROCESS SET alarma = 0${withNote ? ', notes = notes' : ''} WHERE FALSE`;
  return { what: 'look up write rights', text, values: [] };
}

export function notesOf(scope: Scope): string {
  return scope.hasNotes ? 's.notes' : 'NULL';
}

export function ofHost(scope: Scope): string {
  return scope.hostId === null ? '' : ' AND s.host_id = ?';
}

export function hostOf(scope: Scope): readonly SqlValue[] {
  return scope.hostId === null ? [] : [String(scope.hostId)];
}
