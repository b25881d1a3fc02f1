/** Every form in which the two tables have been met, and every mode of a server, on a real one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, ServerUnderTest } from './alarm-store-server.js';

const CLEARED = { kind: 'cleared', rows: 1, noteStored: true };
const CLEARED_WITHOUT_NOTE = { kind: 'cleared', rows: 1, noteStored: false };

interface Variant {
  readonly sentence: string;
  readonly tables: string;
  /** SQL text of the note before. */
  readonly before?: string;
  readonly stamp?: string;
  readonly after: string | null;
  readonly cleared?: object;
}

function withNotes(type: string, rest = ''): string {
  return `CREATE TABLE PROCESE (process_id INT, process_name VARCHAR(100));
    CREATE TABLE STATUS_PROCESS (process_id INT, alarma INT, sound INT, notes ${type}) ${rest}`;
}

const VARIANTS: readonly Variant[] = [
  {
    sentence: 'a foreign key from PROCESE to STATUS_PROCESS',
    tables: `${LEGACY_TABLES}; ALTER TABLE PROCESE ADD FOREIGN KEY (process_id) REFERENCES STATUS_PROCESS (process_id)`,
    before: "'seen'",
    after: `seen - ${STAMP}`,
  },
  {
    sentence: 'a foreign key from STATUS_PROCESS to PROCESE',
    tables: `${LEGACY_TABLES}; ALTER TABLE STATUS_PROCESS ADD FOREIGN KEY (process_id) REFERENCES PROCESE (process_id)`,
    before: "'seen'",
    after: `seen - ${STAMP}`,
  },
  {
    sentence: 'VARCHAR(100) that is full: the head is cut, the stamp stands',
    tables: withNotes('VARCHAR(100)'),
    before: "REPEAT('x', 100)",
    after: `${'x'.repeat(100 - 3 - STAMP.length)} - ${STAMP}`,
  },
  {
    sentence: 'VARCHAR(100) full of letters of several bytes',
    tables: withNotes('VARCHAR(100) CHARACTER SET utf8mb4'),
    before: "REPEAT('ș', 100)",
    after: `${'ș'.repeat(100 - 3 - STAMP.length)} - ${STAMP}`,
  },
  { sentence: 'VARCHAR(10): not even the stamp fits', tables: withNotes('VARCHAR(10)'), after: STAMP.slice(0, 10) },
  {
    sentence: 'TEXT that is full',
    tables: withNotes('TEXT'),
    before: "REPEAT('ș', 32767)",
    after: `${'ș'.repeat(Math.floor((65_535 - 3 - STAMP.length) / 2))} - ${STAMP}`,
  },
  {
    sentence: 'a latin1 column with accents',
    tables: withNotes('VARCHAR(100)', 'CHARACTER SET latin1'),
    before: "'é à la carte'",
    after: `é à la carte - ${STAMP}`,
  },
  {
    sentence: 'a latin1 column and a stamp that it cannot hold: letters lose their marks',
    tables: withNotes('VARCHAR(100)', 'CHARACTER SET latin1'),
    before: "'é'",
    stamp: 'Reporniș 🙂',
    after: 'é - Repornis ?',
  },
  {
    sentence: 'a utf8mb3 column and a stamp with an emoji',
    tables: withNotes('TEXT', 'CHARACTER SET utf8mb3'),
    before: "'ș'",
    stamp: 'done 🙂',
    after: 'ș - done ?',
  },
  {
    sentence: 'a UTF-16 column, whose bytes are fewer than they look',
    tables: withNotes('TINYTEXT', 'CHARACTER SET utf16'),
    before: "REPEAT('x', 127)",
    after: `${'x'.repeat(127 - 3 - STAMP.length)} - ${STAMP}`,
  },
  {
    sentence: 'a check that forbids the note',
    tables: withNotes("TEXT CHECK (notes NOT LIKE '%started%')"),
    before: "'seen'",
    after: 'seen',
    cleared: CLEARED_WITHOUT_NOTE,
  },
  {
    sentence: 'notes that are a number',
    tables: withNotes('INT'),
    before: '7',
    after: '7',
    cleared: CLEARED_WITHOUT_NOTE,
  },
  {
    sentence: 'no column for notes',
    tables: `CREATE TABLE PROCESE (process_id INT, process_name TEXT);
      CREATE TABLE STATUS_PROCESS (process_id INT, alarma INT, sound INT)`,
    after: null,
    cleared: CLEARED_WITHOUT_NOTE,
  },
  {
    sentence: 'BIT columns',
    tables: `CREATE TABLE PROCESE (process_id INT, process_name VARCHAR(100));
      CREATE TABLE STATUS_PROCESS (process_id INT, alarma BIT(1), sound BIT(1), notes CHAR(60))`,
    before: "'seen'",
    after: `seen - ${STAMP}`,
  },
  {
    sentence: 'column names in capitals',
    tables: `CREATE TABLE PROCESE (PROCESS_ID INT, PROCESS_NAME VARCHAR(100));
      CREATE TABLE STATUS_PROCESS (PROCESS_ID INT, ALARMA INT, SOUND INT, NOTES VARCHAR(100))`,
    before: "'seen'",
    after: `seen - ${STAMP}`,
  },
];

const MODES = ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES,PIPES_AS_CONCAT', 'TRADITIONAL,PAD_CHAR_TO_FULL_LENGTH'];
const HOSTILE = "x' OR 1=1 -- \\' \" \\";

/** Runs on the server that `server` gives at the time of the tests. */
export function describeSchemas(product: string, server: () => DatabaseServer): void {
  describe(`${product}: the tables as they are found`, () => {
    let test: ServerUnderTest;
    const open = (options: Partial<MysqlOptions> = {}): AlarmStore => test.open(options);
    const seed = async (before = 'NULL'): Promise<void> => {
      const [column] = await test.admin.rows(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'STATUS_PROCESS' AND LOWER(column_name) = 'notes'",
      );
      const [columns, values] = column === undefined ? ['', ''] : [', notes', `, ${before}`];
      await test.admin.run(`SET foreign_key_checks = 0; INSERT INTO PROCESE VALUES (1, 'one');
        INSERT INTO STATUS_PROCESS (process_id, alarma, sound${columns}) VALUES (1, 1, 0${values})`);
    };
    const row = async (): Promise<Record<string, unknown>> => {
      const [found] = await test.admin.rows('SELECT s.*, s.alarma + 0 AS alarm FROM STATUS_PROCESS s');
      return Object.fromEntries(Object.entries(found ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
    };

    beforeEach(() => {
      test = new ServerUnderTest(server(), 'alarm_tables');
    });
    afterEach(() => test.dispose());

    it.each(VARIANTS)('clears once with $sentence', async ({ tables, before, stamp, after, cleared }) => {
      await test.prepare(tables);
      await seed(before);
      const { source, writer } = open();
      expect(await source.alarmed(never)).toMatchObject([{ processId: 1, processName: 'one' }]);
      expect(await writer.clear(id(1), { stamp: stamp ?? STAMP, claim: null }, never)).toEqual(cleared ?? CLEARED);
      const { alarm, notes } = await row();
      expect({ alarm, notes: typeof notes === 'number' ? `${notes}` : (notes ?? null) }).toEqual({
        alarm: 0,
        notes: after,
      });
      expect(await source.alarmed(never)).toEqual([]);
    });

    it('lists BIT columns as numbers', async () => {
      await test.prepare(`CREATE TABLE PROCESE (process_id INT, process_name VARCHAR(100));
        CREATE TABLE STATUS_PROCESS (process_id INT, alarma BIT(1), sound BIT(8))`);
      await seed();
      expect(await open().desk.list(never)).toEqual([
        { processId: 1, processName: 'one', alarma: 1, sound: 0, notes: null },
      ]);
    });

    it('stays within VARCHAR(100) however often the process is restarted', async () => {
      await test.prepare(LEGACY_TABLES);
      await seed("'Test alarm triggered at 2026-11-20 21:40:11'");
      const { writer } = open();
      for (let hour = 10; hour < 16; hour += 1) {
        await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
        const stamp = `Restarted at 2026-11-20 ${hour}:00:00`;
        expect(await writer.clear(id(1), { stamp, claim: null }, never)).toEqual(CLEARED);
        expect((await row())['notes']).toBe(`Test alarm triggered at 2026-11-20 21:40:11 - ${stamp}`);
      }
    });

    it.each(MODES)('takes every value for a value under sql_mode "%s"', async (mode) => {
      await test.prepare(LEGACY_TABLES);
      await test.admin.run(`SET GLOBAL sql_mode = '${mode}'`);
      try {
        await test.admin.run("INSERT INTO PROCESE VALUES (1, 'one'), (2, 'two')");
        await test.admin.run('INSERT INTO STATUS_PROCESS (process_id, alarma, sound) VALUES (1, 0, 0), (2, 0, 0)');
        const { desk, source, writer } = open();
        expect(await desk.apply('raise', id(1), HOSTILE, never)).toBe(1);
        expect(await source.alarmed(never)).toEqual([{ processId: 1, processName: 'one', notes: HOSTILE }]);
        expect(await writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED);
        expect((await row())['notes']).toBe(`${HOSTILE} - ${STAMP}`);
      } finally {
        await test.admin.run('SET GLOBAL sql_mode = DEFAULT');
      }
    });

    it('does not filter by host where none is set, though the column is there', async () => {
      await test.prepare(`${LEGACY_TABLES}; ALTER TABLE STATUS_PROCESS ADD host_id INT NOT NULL DEFAULT 1`);
      await seed();
      expect(await open().source.alarmed(never)).toHaveLength(1);
      expect(await open({ hostId: 2 }).source.alarmed(never)).toHaveLength(0);
    });

    it('refuses a host that is set where the column is missing, and goes on once it is there', async () => {
      await test.prepare(LEGACY_TABLES);
      await seed();
      const { source } = open({ hostId: 1 });
      await expect(source.alarmed(never)).rejects.toMatchObject({ code: 'schema', retryable: false });
      await test.admin.run('ALTER TABLE STATUS_PROCESS ADD host_id INT NOT NULL DEFAULT 1');
      expect(await source.alarmed(never)).toHaveLength(1);
    });

    it('notices a column that goes away while it runs', async () => {
      await test.prepare(LEGACY_TABLES);
      await seed();
      const { source, writer } = open();
      expect(await source.alarmed(never)).toHaveLength(1);
      await test.admin.run('ALTER TABLE STATUS_PROCESS DROP notes');
      expect(await source.alarmed(never)).toEqual([{ processId: 1, processName: 'one', notes: null }]);
      expect(await writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED_WITHOUT_NOTE);
    });

    it.each([
      { what: 'longer than it was wide', note: 'x'.repeat(300) },
      { what: 'that would only not have fitted with the stamp', note: 'x'.repeat(90) },
    ])('notices a notes column that is widened while it runs: a note $what is kept whole', async ({ note }) => {
      await test.prepare(LEGACY_TABLES);
      await seed("'seen'");
      const { writer } = open();
      expect(await writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED);
      await test.admin.run('ALTER TABLE STATUS_PROCESS MODIFY notes TEXT');
      await test.admin.run(`UPDATE STATUS_PROCESS SET alarma = 1, notes = '${note}'`);
      expect(await writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual(CLEARED);
      expect((await row())['notes']).toBe(`${note} - ${STAMP}`);
    });

    it.each([
      { what: 'a table', change: 'DROP TABLE PROCESE' },
      { what: 'a column', change: 'ALTER TABLE STATUS_PROCESS DROP sound' },
    ])('says which is missing: $what', async ({ change }) => {
      await test.prepare(`${LEGACY_TABLES}; ${change}`);
      const failed = open().source.alarmed(never);
      await expect(failed).rejects.toMatchObject({ name: 'StoreError', code: 'schema', retryable: false });
      await expect(failed).rejects.toThrow(/PROCESE|sound/);
    });

    it('warns of a missing primary key and, in a large table, of a missing index', async () => {
      await test.prepare(withNotes('TEXT'));
      expect((await open().probe(never)).warnings).toEqual([
        'STATUS_PROCESS has no primary key: a process may have several rows',
      ]);
      await test.admin.run(
        `SET cte_max_recursion_depth = 20000; INSERT INTO STATUS_PROCESS (process_id, alarma, sound)
        WITH RECURSIVE n AS (SELECT 1 AS v UNION ALL SELECT v + 1 FROM n WHERE v < 15000) SELECT v, 0, 0 FROM n`.replace(
          product === 'MariaDB' ? 'cte_max_recursion_depth' : ' ',
          product === 'MariaDB' ? 'max_recursive_iterations' : ' ',
        ),
      );
      await test.admin.run('ANALYZE TABLE STATUS_PROCESS');
      expect((await open().probe(never)).warnings).toContainEqual(expect.stringContaining('no index on alarma'));
      await test.admin.run('CREATE INDEX idx_alarma ON STATUS_PROCESS (alarma)');
      expect((await open().probe(never)).warnings).not.toContainEqual(expect.stringContaining('no index on alarma'));
    });
  });
}
