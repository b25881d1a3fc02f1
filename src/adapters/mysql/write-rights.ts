/** What the database user may write, found out by asking for a write that changes nothing. */
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection } from './connection.js';
import type { Schema } from './schema.js';
import { tryClear } from './sql.js';

/** `full`: alarm and note; `alarm_only`: the note stays as it is; `none`: the user may only look. */
export type WriteRights = 'full' | 'alarm_only' | 'none';

/** Throws `StoreError` for anything but missing rights. */
export async function findWriteRights(
  connection: MysqlConnection,
  schema: Schema,
  signal: AbortSignal,
): Promise<WriteRights> {
  if (schema.noteLimit !== null && (await mayClear(connection, true, signal))) return 'full';
  return (await mayClear(connection, false, signal)) ? 'alarm_only' : 'none';
}

async function mayClear(connection: MysqlConnection, withNote: boolean, signal: AbortSignal): Promise<boolean> {
  try {
    await connection.change(tryClear(withNote), signal);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'rights') return false;
    throw error;
  }
}
