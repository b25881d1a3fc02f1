/** Claims on the tables as they are found, on a real server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { ShiftedClock } from '../support/shifted-clock.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, SEQUENCE, ServerUnderTest } from './alarm-store-server.js';

const ALARM = '1a2b3c4d5e6f';
const MARK = '[pm:1a2b3c4d]';
const OLD = 'Restarted at 2026-11-19 08:00:00';
const UNCLAIMED = { kind: 'unclaimed' };
const CLAIMED = { kind: 'claimed', claim: MARK };

interface Variant {
  readonly sentence: string;
  readonly type: string;
  /** SQL text of the note before. */
  readonly before: string;
  readonly after: string;
  readonly claimed: object;
}

const VARIANTS: readonly Variant[] = [
  {
    sentence: 'takes the last of the room in VARCHAR(100)',
    type: 'VARCHAR(100)',
    before: "REPEAT('ș', 86)",
    after: `${'ș'.repeat(86)} ${MARK}`,
    claimed: CLAIMED,
  },
  {
    sentence: 'takes the room of our stamp in VARCHAR(100)',
    type: 'VARCHAR(100)',
    before: `CONCAT(REPEAT('x', 60), ' - ${OLD}')`,
    after: `${'x'.repeat(60)} ${MARK}`,
    claimed: CLAIMED,
  },
  {
    sentence: 'never cuts a person’s words in VARCHAR(100)',
    type: 'VARCHAR(100)',
    before: "REPEAT('x', 87)",
    after: 'x'.repeat(87),
    claimed: UNCLAIMED,
  },
  {
    sentence: 'never cuts a person’s words in TINYTEXT, which counts bytes',
    type: 'TINYTEXT CHARACTER SET utf8mb3',
    before: "REPEAT('ș', 121)",
    after: 'ș'.repeat(121),
    claimed: UNCLAIMED,
  },
  {
    sentence: 'keeps the accents of latin1',
    type: 'VARCHAR(100) CHARACTER SET latin1',
    before: "'é à la carte'",
    after: `é à la carte ${MARK}`,
    claimed: CLAIMED,
  },
  {
    sentence: 'is none in UTF-16 whose bytes are fewer than they look',
    type: 'TINYTEXT CHARACTER SET utf16',
    before: "REPEAT('x', 125)",
    after: 'x'.repeat(125),
    claimed: UNCLAIMED,
  },
  {
    sentence: 'is none where a check forbids the mark',
    type: "TEXT CHECK (notes NOT LIKE '%[pm%')",
    before: "'seen'",
    after: 'seen',
    claimed: UNCLAIMED,
  },
  { sentence: 'is none in a number', type: 'INT', before: '7', after: '7', claimed: UNCLAIMED },
];

/** Runs on the server that `server` gives at the time of the tests. */
export function describeClaimsInTables(product: string, server: () => DatabaseServer): void {
  describe(`${product}: claims`, () => {
    let test: ServerUnderTest;
    const raise = (note: string): Promise<void> =>
      test.admin.run(`INSERT INTO PROCESE VALUES (1, 'one');
        INSERT INTO STATUS_PROCESS (process_id, alarma, sound, notes) VALUES (1, 1, 0, ${note})`);
    const row = async (): Promise<{ readonly alarma: unknown; readonly notes: unknown }> => {
      const [found] = await test.admin.rows('SELECT alarma, notes FROM STATUS_PROCESS');
      return { alarma: found?.['alarma'], notes: found?.['notes'] };
    };
    const claim = (store: AlarmStore): Promise<unknown> => store.writer.claim(id(1), { alarmId: ALARM }, never);
    const clear = (store: AlarmStore, known: string | null): Promise<unknown> =>
      store.writer.clear(id(1), { stamp: STAMP, claim: known }, never);

    beforeEach(() => {
      test = new ServerUnderTest(server(), 'alarm_claims');
    });
    afterEach(() => test.dispose());

    it.each(VARIANTS)('the mark $sentence', async ({ type, before, after, claimed }) => {
      await test.prepare(`CREATE TABLE PROCESE (process_id INT, process_name VARCHAR(100));
        CREATE TABLE STATUS_PROCESS (process_id INT, alarma INT, sound INT, notes ${type})`);
      await raise(before);
      const store = test.open();
      expect(await claim(store)).toEqual(claimed);
      const { alarma, notes } = await row();
      expect([alarma, typeof notes === 'number' ? String(notes) : notes]).toEqual([1, after]);
      expect(await clear(store, claimed === CLAIMED ? MARK : null)).toMatchObject({ kind: 'cleared' });
      expect(await store.source.alarmed(never)).toEqual([]);
    });

    it('finds the room of a column that was widened while it runs', async () => {
      await test.prepare(LEGACY_TABLES);
      await raise("'seen'");
      const store = test.open();
      expect(await claim(store)).toEqual(CLAIMED);
      await test.admin.run('ALTER TABLE STATUS_PROCESS MODIFY notes VARCHAR(200)');
      await test.admin.run("UPDATE STATUS_PROCESS SET notes = REPEAT('x', 100)");
      expect(await claim(store)).toEqual(CLAIMED);
      expect((await row()).notes).toBe(`${'x'.repeat(100)} ${MARK}`);
    });

    it('clears by the mark where the note may not be written any more', async () => {
      await test.prepare(LEGACY_TABLES);
      await raise("'seen'");
      const store = test.open();
      expect(await claim(store)).toEqual(CLAIMED);
      await test.admin.run("ALTER TABLE STATUS_PROCESS ADD CHECK (notes NOT LIKE '%Restarted%')");
      expect(await clear(store, MARK)).toEqual({ kind: 'cleared', rows: 1, noteStored: false });
      await test.admin.run("UPDATE STATUS_PROCESS SET alarma = 1, notes = 'again'");
      expect(await clear(store, MARK)).toEqual({ kind: 'raised_again' });
      expect((await row()).alarma).toBe(1);
    });

    it('goes by sequence numbers from soon after the column is there, and by marks when it has gone', async () => {
      await test.prepare(LEGACY_TABLES);
      await raise("'seen'");
      const clock = new ShiftedClock();
      const store = test.open({}, clock);
      expect(await claim(store)).toEqual(CLAIMED);
      await test.admin.run(SEQUENCE);
      await test.admin.run("UPDATE STATUS_PROCESS SET alarma = 1, notes = 'again'");
      clock.shiftMs = 61_000;
      expect(await claim(store)).toEqual({ kind: 'claimed', claim: 'seq:1' });
      await test.admin.run('DROP TRIGGER pm_alarm_update; DROP TRIGGER pm_alarm_insert');
      await test.admin.run('ALTER TABLE STATUS_PROCESS DROP alarm_seq');
      expect(await clear(store, 'seq:1')).toMatchObject({ kind: 'cleared' });
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      expect(await claim(store)).toEqual(CLAIMED);
    });

    it('sees a column that is there at once on a new connection', async () => {
      await test.prepare(LEGACY_TABLES);
      await raise("'seen'");
      const store = test.open();
      expect(await claim(store)).toEqual(CLAIMED);
      await test.admin.run(SEQUENCE);
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      const [mine] = await test.admin.rows("SELECT id FROM information_schema.processlist WHERE user = 'monitor'");
      await test.admin.run(`KILL ${String(mine?.['id'])}`);
      expect(await claim(store)).toEqual({ kind: 'claimed', claim: 'seq:1' });
    });

    it('marks a row whose alarm no trigger has counted', async () => {
      await test.prepare(LEGACY_TABLES);
      await test.admin.run(
        'ALTER TABLE STATUS_PROCESS ADD COLUMN alarm_seq BIGINT UNSIGNED NOT NULL DEFAULT 0 INVISIBLE',
      );
      await raise("'seen'");
      const store = test.open();
      expect(await claim(store)).toEqual(CLAIMED);
      expect(await clear(store, MARK)).toMatchObject({ kind: 'cleared' });
    });

    it('leaves a row that was raised again to the number of its twin', async () => {
      await test.prepare(`CREATE TABLE PROCESE (process_id INT, process_name VARCHAR(100));
        CREATE TABLE STATUS_PROCESS (process_id INT, alarma INT, sound INT, notes TEXT, twin INT); ${SEQUENCE}`);
      await test.admin.run("INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, 'a', 1), (1, 1, 0, 'b', 2)");
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1 WHERE twin = 2');
      const store = test.open();
      expect(await claim(store)).toEqual({ kind: 'claimed', claim: 'seq:1,2' });
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1 WHERE twin = 1');
      expect(await clear(store, 'seq:1,2')).toEqual({ kind: 'raised_again' });
      expect(await test.admin.rows('SELECT SUM(alarma) AS alarms FROM STATUS_PROCESS')).toEqual([{ alarms: '2' }]);
    });
  });
}
