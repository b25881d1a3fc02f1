/** The contract of an alarm store, kept by the fake and by SQLite under each library that is here. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectSqlite, type SqliteOptions } from '../../src/adapters/sqlite/connect-sqlite.js';
import type { OpenSqliteDriver, SqliteDriver, SqliteRow } from '../../src/adapters/sqlite/driver.js';
import { openLibsqlDriver } from '../../src/adapters/sqlite/libsql-driver.js';
import { openNodeDriver } from '../../src/adapters/sqlite/node-driver.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import { FakeRandom } from '../support/fake-random.js';
import { MemoryAlarmStore } from '../support/memory-alarm-store.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { describeAlarmStore, id, STAMP, type SeedStatus, type StoreFixture } from './alarm-store-contract.js';

const never = new AbortController().signal;
const drivers: readonly (readonly [string, OpenSqliteDriver])[] = [
  ['SQLite by libsql', openLibsqlDriver],
  ['SQLite by Node', (path: string) => Promise.resolve(openedByNode(path))] as const,
];
const available = drivers.filter(([name]) => name !== 'SQLite by Node' || openNodeDriver(':memory:') !== null);

describeAlarmStore('MemoryAlarmStore', async () => {
  const processes = new Map<number, string>();
  let rows: SeedStatus[] = [];
  let store: MemoryAlarmStore | null = null;
  return {
    fill: async (names, statuses) => {
      processes.clear();
      for (const [key, name] of Object.entries(names)) processes.set(Number(key), name);
      rows = statuses.map((status) => ({ ...status }));
    },
    statuses: async () => rows.map((row) => ({ ...row })),
    change: async (position, values) => void Object.assign(rows[position] ?? {}, values),
    open: ({ hostId, writeBack, claims }) => {
      store = new MemoryAlarmStore({ hostId, writes: writeBack === 'never' ? 'off' : 'full', claims });
      for (const [key, name] of processes) store.processes.push({ id: key, name });
      store.statuses.push(...rows);
      rows = store.statuses;
      return store;
    },
    dispose: async () => undefined,
  };
});

for (const [name, openDriver] of available) {
  describeAlarmStore(name, () => sqliteFixture(openDriver));
  describeFile(name, openDriver);
}

function openedByNode(path: string): SqliteDriver {
  const driver = openNodeDriver(path);
  if (driver === null) throw new Error('this Node has no SQLite');
  return driver;
}

function connect(path: string, openDriver: OpenSqliteDriver, options: Partial<SqliteOptions> = {}): AlarmStore {
  return connectSqlite(
    { path, queryTimeoutMs: 2000, hostId: null, writeBack: 'auto', claims: 'auto', ...options },
    { clock: new SystemClock(), random: new FakeRandom(), openDriver },
  );
}

function seedStatus(row: SqliteRow): SeedStatus {
  const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  const notes = typeof row['notes'] === 'string' ? row['notes'] : null;
  const { id: rowId, alarma, sound, hostId } = row;
  return { id: number(rowId), alarma: number(alarma), sound: number(sound), notes, hostId: number(hostId) ?? 0 };
}

async function sqliteFixture(openDriver: OpenSqliteDriver): Promise<StoreFixture> {
  const directory = await temporaryDirectory();
  const path = join(directory, 'alarms.db');
  const driver = await openDriver(path);
  driver.exec('CREATE TABLE PROCESE (process_id INTEGER, process_name TEXT)');
  driver.exec(
    'CREATE TABLE STATUS_PROCESS (process_id INTEGER, alarma INTEGER, sound INTEGER, notes TEXT COLLATE NOCASE, host_id INTEGER)',
  );
  return {
    fill: async (processes, statuses) => {
      driver.exec('DELETE FROM PROCESE; DELETE FROM STATUS_PROCESS');
      for (const [key, name] of Object.entries(processes))
        driver.change('INSERT INTO PROCESE VALUES (CAST(? AS INTEGER), ?)', [key, name]);
      for (const row of statuses) {
        const values = [row.id === null ? null : String(row.id), row.alarma, row.sound, row.notes, row.hostId];
        driver.change('INSERT INTO STATUS_PROCESS VALUES (CAST(? AS INTEGER), ?, ?, ?, ?)', values);
      }
    },
    statuses: async () =>
      driver
        .rows('SELECT process_id AS id, alarma, sound, notes, host_id AS hostId FROM STATUS_PROCESS ORDER BY rowid', [])
        .map((row) => seedStatus(row)),
    change: async (position, values) => {
      const assignments = Object.keys(values).map((column) => `${column} = ?`);
      const where = 'WHERE rowid = (SELECT rowid FROM STATUS_PROCESS ORDER BY rowid LIMIT 1 OFFSET ?)';
      driver.change(`UPDATE STATUS_PROCESS SET ${assignments.join(', ')} ${where}`, [
        ...Object.values(values),
        position,
      ]);
    },
    open: ({ hostId, writeBack, claims }) => connect(path, openDriver, { hostId, writeBack, claims }),
    dispose: async () => driver.close(),
  };
}

function describeFile(name: string, openDriver: OpenSqliteDriver): void {
  describe(`${name}: the file`, () => {
    let directory = '';
    let path = '';
    let stores: AlarmStore[] = [];
    const open = (options: Partial<SqliteOptions> = {}): AlarmStore => {
      const store = connect(path, openDriver, options);
      stores.push(store);
      return store;
    };
    beforeEach(async () => {
      directory = await temporaryDirectory();
      path = join(directory, 'alarms.db');
      stores = [];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
    });

    it('is made with its two tables where it is new, and kept where it is not', async () => {
      const first = open({ hostId: 3 });
      expect(await first.source.alarmed(never)).toEqual([]);
      await first.close();
      const other = await openDriver(path);
      other.exec(
        "INSERT INTO PROCESE VALUES (1, 'one'); INSERT INTO STATUS_PROCESS (process_id, alarma) VALUES (1, 1)",
      );
      other.close();
      expect(await open({ hostId: 3 }).source.alarmed(never)).toEqual([
        { processId: 1, processName: 'one', notes: null },
      ]);
    });

    it('may be used by several at once: a lock is waited for, without stopping the program', async () => {
      const store = open();
      await store.source.alarmed(never);
      const other = await openDriver(path);
      other.exec('INSERT INTO STATUS_PROCESS (process_id, alarma) VALUES (1, 1); BEGIN IMMEDIATE');
      const cleared = store.writer.clear(id(1), { stamp: STAMP, claim: null }, never);
      expect(await Promise.race([cleared, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits');
      other.exec('COMMIT');
      other.close();
      expect(await cleared).toEqual({ kind: 'cleared', rows: 1, noteStored: true });
    });

    it('is busy when it stays locked for too long', async () => {
      const store = open({ queryTimeoutMs: 100 });
      await store.source.alarmed(never);
      const other = await openDriver(path);
      other.exec('BEGIN IMMEDIATE');
      await expect(store.writer.raise(id(1), never)).rejects.toMatchObject({ code: 'busy', retryable: true });
      other.close();
    });

    it('says what a write has failed of, also where SQLite has undone it by itself', async () => {
      const store = open();
      await store.source.alarmed(never);
      const other = await openDriver(path);
      other.exec(
        'INSERT INTO STATUS_PROCESS (process_id, alarma) VALUES (1, 1); ' +
          "CREATE TRIGGER guard BEFORE UPDATE ON STATUS_PROCESS BEGIN SELECT RAISE(ROLLBACK, 'kept by a trigger'); END",
      );
      other.close();
      await expect(store.writer.clear(id(1), { stamp: STAMP, claim: null }, never)).rejects.toThrow(
        'kept by a trigger',
      );
    });

    it('is refused when it is no database, and used again once it is mended', async () => {
      await writeFile(path, 'this is no database, but long enough to have a header that could be one. '.repeat(20));
      const store = open();
      await expect(store.source.alarmed(never)).rejects.toMatchObject({ name: 'StoreError', code: 'other' });
      await rm(path);
      expect(await store.source.alarmed(never)).toEqual([]);
    });

    it('is refused when it is somebody else’s', async () => {
      const other = await openDriver(path);
      other.exec('CREATE TABLE accounts (id INTEGER)');
      other.close();
      await expect(open().source.alarmed(never)).rejects.toMatchObject({ code: 'schema' });
    });

    it('is refused when a host is set and it knows none', async () => {
      await open().source.alarmed(never);
      const failed = open({ hostId: 3 }).source.alarmed(never);
      await expect(failed).rejects.toThrow(/STATUS_PROCESS\.host_id is missing/);
    });

    it('cannot be made in a directory that is not there', async () => {
      path = join(directory, 'missing', 'alarms.db');
      await expect(open().source.alarmed(never)).rejects.toMatchObject({ name: 'StoreError', retryable: true });
    });

    it('clears the alarm without a note where the table forbids the note', async () => {
      const other = await openDriver(path);
      other.exec('CREATE TABLE PROCESE (process_id INTEGER, process_name TEXT)');
      other.exec(
        'CREATE TABLE STATUS_PROCESS (process_id INTEGER, alarma INTEGER, sound INTEGER, notes TEXT CHECK (length(notes) < 10))',
      );
      other.exec("INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, 'seen')");
      other.close();
      expect(await open().writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual({
        kind: 'cleared',
        rows: 1,
        noteStored: false,
      });
    });

    it('clears the alarm where there is no column for notes', async () => {
      const other = await openDriver(path);
      other.exec('CREATE TABLE PROCESE (process_id INTEGER, process_name TEXT)');
      other.exec('CREATE TABLE STATUS_PROCESS (process_id INTEGER, alarma INTEGER, sound INTEGER)');
      other.exec('INSERT INTO STATUS_PROCESS VALUES (1, 1, 0)');
      other.close();
      const store = open();
      expect(await store.probe(never)).toMatchObject({ writes: 'alarm_only' });
      expect(await store.writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual({
        kind: 'cleared',
        rows: 1,
        noteStored: false,
      });
    });
  });
}
