/** An alarm: one row of the source that says a process is in trouble, and the names that come with it. */

declare const processIdBrand: unique symbol;
declare const systemNameBrand: unique symbol;

/** `PROCESE.process_id`: a safe integer. */
export type ProcessId = number & { readonly [processIdBrand]: true };

/** The validated name of a unit or an executable: safe as one argument of a command, never a path upwards or an option. */
export type SystemName = string & { readonly [systemNameBrand]: true };

/**
 * One alarmed row exactly as the source found it; every field is data from a stranger.
 *
 * Example: `{ processId: 42, processName: 'sshd', notes: 'seen by Ana' }`
 */
export interface AlarmRow {
  /** null: the column is NULL or holds no safe integer. */
  readonly processId: ProcessId | null;
  /** null: the row is an orphan (no row in `PROCESE`) or the name is NULL. */
  readonly processName: string | null;
  readonly notes: string | null;
}

/** Which process a row belongs to: an id may be given to another process, so only both together tell. */
export type NamedRow = Pick<AlarmRow, 'processId' | 'processName'>;

/** A row whose id and name are usable. The name is a label: printable when escaped, never part of a command. */
export interface Alarm {
  readonly processId: ProcessId;
  readonly processName: string;
  readonly notes: string | null;
}

/** Returns null for anything but a safe integer. */
export function toProcessId(value: unknown): ProcessId | null {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? (number as ProcessId) : null;
}

/** Reads an id as decimal text, so that one beyond the safe integers is seen as such and not rounded to a neighbour. */
export function parseProcessId(text: unknown): ProcessId | null {
  return typeof text === 'string' && /^-?\d{1,16}$/.test(text) ? toProcessId(Number(text)) : null;
}

const SYSTEM_NAME = /^[A-Za-z0-9:_][A-Za-z0-9:_.\\-]*(?:@(?!\.service$)[A-Za-z0-9:_.\\-]+)?$/;
const EXECUTABLE_PATH = /^(?:\/[A-Za-z0-9:_@+][A-Za-z0-9:_.@+-]*)+$/;
const LONGEST_UNIT_NAME = 255;
const SERVICE_SUFFIX_LENGTH = '.service'.length;

/**
 * Checks a name that may become a unit or an executable: letters, digits, `:_.@-`, no leading `-` or `.`, no
 * template without its instance (`t@`), short enough to be a unit with its suffix (255 bytes). An absolute path of plain components is allowed only where `allowPath` is
 * set (written by the operator, never from the database). Returns null when the name is not safe.
 */
export function toSystemName(
  name: string,
  options: { readonly allowPath: boolean } = { allowPath: false },
): SystemName | null {
  if (options.allowPath && name.length <= 4095 && EXECUTABLE_PATH.test(name)) return name as SystemName;
  const longest = name.endsWith('.service') ? LONGEST_UNIT_NAME : LONGEST_UNIT_NAME - SERVICE_SUFFIX_LENGTH;
  return name.length <= longest && SYSTEM_NAME.test(name) ? (name as SystemName) : null;
}
