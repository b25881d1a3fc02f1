/** SQLite as Node brings it along, from version 22 on. */
import nodeProcess from 'node:process';
import { driverOver, type SqliteDatabase, type SqliteDriver } from './driver.js';

type DatabaseConstructor = new (path: string) => SqliteDatabase;

/** null: this Node has no SQLite. */
export function openNodeDriver(path: string): SqliteDriver | null {
  const DatabaseSync = loadQuietly();
  return DatabaseSync === null ? null : driverOver(new DatabaseSync(path), (values) => values);
}

/** Some versions warn that the module is young the first time it is loaded, which an operator can do nothing about. */
function loadQuietly(): DatabaseConstructor | null {
  const emitWarning = Object.getOwnPropertyDescriptor(nodeProcess, 'emitWarning');
  Object.defineProperty(nodeProcess, 'emitWarning', { ...emitWarning, value: () => undefined });
  try {
    // By this call and not by an import: a bundler must not look for it, and older versions must not fail over it.
    const builtin: unknown = nodeProcess.getBuiltinModule('node:sqlite');
    return hasDatabase(builtin) ? builtin.DatabaseSync : null;
  } finally {
    if (emitWarning !== undefined) Object.defineProperty(nodeProcess, 'emitWarning', emitWarning);
  }
}

function hasDatabase(module: unknown): module is { readonly DatabaseSync: DatabaseConstructor } {
  return (
    typeof module === 'object' &&
    module !== null &&
    'DatabaseSync' in module &&
    typeof module.DatabaseSync === 'function'
  );
}
