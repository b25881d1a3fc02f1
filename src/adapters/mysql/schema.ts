/** What the two tables look like here: nothing about them is taken for granted but the columns that nobody can do without. */
import type { NoteLimit } from '../../domain/alarm-note.js';
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection } from './connection.js';
import { numberOf, textOf, type Row } from './row.js';
import { READ_COLUMNS, TOUCH_TABLES } from './session-sql.js';
import type { Scope } from './sql.js';

/** Example: `{ scope: { hostId: 3, hasNotes: true, hasSequence: false }, notesType: 'varchar(100), latin1', noteLimit: { unit: 'characters', max: 100 } }` */
export interface Schema {
  readonly scope: Scope;
  readonly hasHostId: boolean;
  /** As a person would say it. */
  readonly notesType: string;
  /** null: notes cannot be written; the column is missing or holds no text. */
  readonly noteLimit: NoteLimit | null;
}

const CHARACTER_TYPES = new Set(['char', 'varchar', 'nchar', 'nvarchar']);
const BYTE_TYPES = new Set(['tinytext', 'text', 'mediumtext', 'longtext', 'binary', 'varbinary']);
const NEEDED = { STATUS_PROCESS: ['process_id', 'alarma', 'sound'], PROCESE: ['process_id', 'process_name'] } as const;

/** Looks the columns up. Throws `StoreError`: `schema`, or `rights` where they may not be read. */
export async function readSchema(
  connection: MysqlConnection,
  hostId: number | null,
  signal: AbortSignal,
): Promise<Schema> {
  const found = await connection.rows(READ_COLUMNS, signal);
  const columnsOf = (table: string): readonly Row[] => found.filter((row) => isTable(row, table, connection));
  const status = columnsOf('STATUS_PROCESS');
  const isComplete = NEEDED.STATUS_PROCESS.every((name) => columnNamed(status, name) !== undefined);
  const hasNames = NEEDED.PROCESE.every((name) => columnNamed(columnsOf('PROCESE'), name) !== undefined);
  if (!isComplete || !hasNames) await explainMissing(connection, signal);
  const hasHostId = columnNamed(status, 'host_id') !== undefined;
  if (hostId !== null && !hasHostId) {
    throw new StoreError(
      `look up columns on ${connection.where}: host_id = ${hostId} is set, but STATUS_PROCESS has no column host_id; ` +
        'add the column or remove host_id from the settings',
      'schema',
      false,
    );
  }
  const hasSequence = columnNamed(status, 'alarm_seq') !== undefined;
  return { hasHostId, ...describeNotes(columnNamed(status, 'notes'), { hostId, hasSequence }) };
}

/** A column that is missing, or hidden from this user, is told best by the server itself. */
async function explainMissing(connection: MysqlConnection, signal: AbortSignal): Promise<void> {
  for (const statement of TOUCH_TABLES) await connection.rows(statement, signal);
}

function describeNotes(
  column: Row | undefined,
  scope: Omit<Scope, 'hasNotes'>,
): { readonly scope: Scope; readonly notesType: string; readonly noteLimit: NoteLimit | null } {
  if (column === undefined) return { scope: { ...scope, hasNotes: false }, notesType: 'none', noteLimit: null };
  const type = (textOf(column['dataType']) ?? '').toLowerCase();
  const max = numberOf(column['maxLength']) ?? 0;
  const charset = textOf(column['charset']) ?? 'binary';
  const notesType = `${type}(${max}), ${charset}`;
  return { scope: { ...scope, hasNotes: true }, notesType, noteLimit: limitOf(type, max) };
}

function limitOf(type: string, max: number): NoteLimit | null {
  if (max <= 0) return null;
  if (CHARACTER_TYPES.has(type)) return { unit: 'characters', max };
  return BYTE_TYPES.has(type) ? { unit: 'bytes', max } : null;
}

function isTable(row: Row, table: string, connection: MysqlConnection): boolean {
  const name = textOf(row['tableName']) ?? '';
  return name === table || (!connection.server.isCaseSensitive && name.toUpperCase() === table);
}

function columnNamed(columns: readonly Row[], name: string): Row | undefined {
  return columns.find((row) => textOf(row['columnName'])?.toLowerCase() === name);
}
