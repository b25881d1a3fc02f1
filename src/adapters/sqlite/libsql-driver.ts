/** SQLite from the optional package `libsql`, for versions of Node that bring none along. */
import type Database from 'libsql';
import { StoreError } from '../../ports/store-error.js';
import { driverOver, type SqliteDriver } from './driver.js';

/** Throws `StoreError` where the package is not installed. */
export async function openLibsqlDriver(path: string): Promise<SqliteDriver> {
  const LibsqlDatabase = await load();
  // It takes a single value that is null for the list of values itself: hence always as a list.
  return driverOver(new LibsqlDatabase(path), (values) => [values]);
}

async function load(): Promise<typeof Database> {
  try {
    return (await import('libsql')).default;
  } catch (cause) {
    throw new StoreError(
      'open the file database: this version of Node has no SQLite and the package libsql is not installed; ' +
        'use Node 22.13 or later, or run npm install libsql',
      'configuration',
      false,
      { cause },
    );
  }
}
