/** What the monitor costs a real server: counted in statements, never in time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAlarms } from '../../src/adapters/mysql/sql.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { ShiftedClock } from '../support/shifted-clock.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, SEQUENCE, ServerUnderTest } from './alarm-store-server.js';
import { LEASE_TABLE } from './lease-server.js';
import { until } from './ownership-contract.js';

const PROCESSES = 100;
const MANY_ROWS = 20_000;
/** No sign of life falls into a test. */
const LEASE = { name: 'host_id:7', holder: { host: 'counter', pid: 1 }, timeMs: 300_000 };

/** Runs on the server that `server` gives at the time of the tests. */
export function describeCosts(product: string, server: () => DatabaseServer): void {
  describe(`${product}: costs`, () => {
    let test: ServerUnderTest;
    const questions = async (): Promise<number> => {
      const [row] = await test.admin.rows("SHOW GLOBAL STATUS LIKE 'Questions'");
      return Number(row?.['Value']);
    };
    /** Statements of everybody but the one who counts. */
    const countOf = async (work: () => Promise<unknown>): Promise<number> => {
      const first = await questions();
      const before = await questions();
      await work();
      return (await questions()) - before - (before - first);
    };
    const raiseAll = (): Promise<void> => test.admin.run("UPDATE STATUS_PROCESS SET alarma = 1, notes = 'seen'");
    const handle = async (store: AlarmStore, count: number): Promise<void> => {
      const ids = Array.from({ length: count }, (_, index) => index + 1);
      const claims = await Promise.all(
        ids.map((each) => store.writer.claim(id(each), { alarmId: '1a2b3c4d5e6f', processName: `p${each}` }, never)),
      );
      const cleared = await Promise.all(
        ids.map((each, index) => {
          const result = claims[index];
          const claim = result !== undefined && 'claim' in result ? result.claim : null;
          return store.writer.clear(id(each), { stamp: STAMP, claim, processName: `p${each}` }, never);
        }),
      );
      expect(cleared).toEqual(ids.map(() => ({ kind: 'cleared', rows: 1, noteStored: true })));
    };
    const prepare = async (more = ''): Promise<void> => {
      await test.prepare(`${LEGACY_TABLES}; ${LEASE_TABLE}${more}`);
      const ids = Array.from({ length: PROCESSES }, (_, index) => index + 1);
      await test.admin.run(`INSERT INTO PROCESE VALUES ${ids.map((each) => `(${each}, 'p${each}')`).join(', ')};
        INSERT INTO STATUS_PROCESS (process_id, notes) VALUES ${ids.map((each) => `(${each}, 'seen')`).join(', ')}`);
    };
    /** Owner of its rows, and warm: connected, the tables looked up, the statements prepared. */
    const openOwner = async (): Promise<AlarmStore> => {
      const store = test.open({ lease: LEASE, poolSize: 1 });
      await until(
        store.own(() => undefined),
        'owner',
      );
      await raiseAll();
      for (const count of [1, 10]) await handle(store, count).then(raiseAll);
      return store;
    };

    beforeEach(() => {
      test = new ServerUnderTest(server(), 'alarm_costs');
    });
    afterEach(() => test.dispose());

    it('a cycle that has nothing to do is one statement, however long the tables are known', async () => {
      await prepare();
      const clock = new ShiftedClock();
      const store = test.open({}, clock);
      const cycles = async (): Promise<void> => {
        for (let cycle = 0; cycle < 10; cycle += 1) await store.source.alarmed(never);
      };
      await cycles();
      expect(await countOf(cycles)).toBe(10);
      clock.shiftMs = 3_600_000;
      expect(await countOf(cycles)).toBe(10);
    });

    it.each([
      { way: 'a mark', more: '', statements: 4 },
      { way: 'a sequence number', more: `;${SEQUENCE}`, statements: 3 },
    ])('an alarm that is claimed by $way takes $statements statements, and so do ten at once', async (example) => {
      await prepare(example.more);
      const store = await openOwner();
      expect(await countOf(() => handle(store, 1))).toBe(example.statements);
      await raiseAll();
      expect(await countOf(() => handle(store, 10))).toBe(example.statements);
    });

    it('who asks at once whether alarms are still there shares one statement, and has his own answer', async () => {
      await prepare();
      const { source } = test.open({ poolSize: 1 });
      await source.alarmed(never);
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1 WHERE process_id IN (1, 3)');
      const ask = (): Promise<readonly unknown[]> =>
        Promise.all([[1], [2], [3, 1]].map((ids) => source.stillAlarmed(ids.map(id), never)));
      const one = { processId: 1, processName: 'p1' };
      expect(await ask()).toEqual([[one], [], [one, { processId: 3, processName: 'p3' }]]);
      expect(await countOf(ask)).toBe(1);
    });

    it.each([
      { of: 'all hosts', hostId: null },
      { of: 'one host', hostId: 7 },
    ])('the index that is advised for $of is the one that each look then takes', async ({ hostId }) => {
      await test.prepare(`${LEGACY_TABLES}; ALTER TABLE STATUS_PROCESS ADD host_id INT NOT NULL DEFAULT 1`);
      for (let from = 1; from <= MANY_ROWS; from += 1000) {
        const rows = Array.from({ length: 1000 }, (_, index) => `(${from + index}, ${(from + index) % 50})`);
        await test.admin.run(`INSERT INTO STATUS_PROCESS (process_id, host_id) VALUES ${rows.join(', ')}`);
      }
      const { text } = readAlarms({ hostId, hasNotes: true, hasSequence: false });
      const explain = async (): Promise<Record<string, unknown> | undefined> => {
        await test.admin.run('ANALYZE TABLE STATUS_PROCESS');
        const format = product === 'MySQL' ? 'EXPLAIN FORMAT = TRADITIONAL' : 'EXPLAIN';
        return (await test.admin.rows(`${format} ${text.replace('?', String(hostId))}`))[0];
      };
      expect(Number((await explain())?.['rows'])).toBeGreaterThan(MANY_ROWS / 2);
      const findings = (await test.open({ hostId }).examine?.(never)) ?? [];
      const remedy = findings.find(({ code }) => code === 'database_no_index')?.remedy ?? '';
      const statement = /CREATE INDEX [^'"]+/.exec(remedy)?.[0] ?? 'no statement';
      await test.admin.run(statement);
      expect(await explain()).toMatchObject({ type: 'ref', key: 'idx_process_monitor' });
      const after = (await test.open({ hostId }).examine?.(never)) ?? [];
      expect(after.map(({ code }) => code)).toContain('database_index');
    });
  });
}
