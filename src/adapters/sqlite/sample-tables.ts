/** A file database with processes in it, for trying the monitor out. */
import { openSqliteDriver } from './connect-sqlite.js';
import { createTables, insertProcess } from './sql.js';

/** Creates the file and its two tables where they are missing, and adds `names` as the processes 1, 2, 3 and so on. */
export async function createSampleTables(path: string, names: readonly string[]): Promise<void> {
  const driver = await openSqliteDriver(path);
  try {
    driver.exec('PRAGMA journal_mode = WAL');
    driver.exec(createTables(null));
    for (const [index, name] of names.entries()) {
      for (const { text, values } of insertProcess(index + 1, name)) driver.change(text, values);
    }
  } finally {
    driver.close();
  }
}
