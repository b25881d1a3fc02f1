/** The documented rights are enough, each of them is needed, and they are good for nothing else. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { openSqlClient } from '../support/servers/sql-client.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, PASSWORD, ServerUnderTest, USER } from './alarm-store-server.js';
import { documentedGrants, nameOfRight, singleRights } from './documented-grants.js';
import { LEASE_MS, LEASE_TABLE } from './lease-server.js';
import { until } from './ownership-contract.js';

const DATABASE = 'alarm_least';
const ACCOUNT = `'${USER}'@'%'`;
const GRANTS = documentedGrants('process_monitor', DATABASE, ACCOUNT);
const TABLES = `${LEGACY_TABLES}; ${LEASE_TABLE}; CREATE TABLE SALARIES (amount INT);
  INSERT INTO PROCESE VALUES (1, 'one'); INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, 'seen')`;

/** What is said where one right is missing: of the alarms when they are read, of writing by the report, of the lease by its warning. */
const WITHOUT: Readonly<Record<string, { readonly from: 'reading' | 'report' | 'lease'; readonly words: RegExp }>> = {
  'SELECT (process_id) ON PROCESE': { from: 'reading', words: /denied .*PROCESE.*grant the rights listed in docs/i },
  'SELECT (process_name) ON PROCESE': { from: 'reading', words: /denied .*PROCESE.*grant the rights listed in docs/i },
  'SELECT ON STATUS_PROCESS': { from: 'reading', words: /denied .*STATUS_PROCESS.*grant the rights listed in docs/i },
  'UPDATE (alarma) ON STATUS_PROCESS': { from: 'report', words: /may not update STATUS_PROCESS: .* not cleared/ },
  'UPDATE (notes) ON STATUS_PROCESS': { from: 'report', words: /may not update notes: .* without a stamp/ },
  'SELECT ON pm_lease': { from: 'lease', words: /SELECT command denied .*pm_lease/ },
  'INSERT ON pm_lease': { from: 'lease', words: /INSERT command denied .*pm_lease/ },
  'UPDATE ON pm_lease': { from: 'lease', words: /UPDATE command denied .*pm_lease/ },
};

/** What somebody who has stolen the login would like to do. */
const FORBIDDEN = [
  'UPDATE STATUS_PROCESS SET sound = 1',
  'UPDATE STATUS_PROCESS SET process_id = 2',
  'DELETE FROM STATUS_PROCESS',
  'TRUNCATE TABLE STATUS_PROCESS',
  "INSERT INTO STATUS_PROCESS VALUES (2, 1, 0, '')",
  "INSERT INTO PROCESE VALUES (2, 'sshd')",
  "UPDATE PROCESE SET process_name = 'sshd'",
  'DELETE FROM PROCESE',
  'DELETE FROM pm_lease',
  'DROP TABLE pm_lease',
  'ALTER TABLE STATUS_PROCESS ADD COLUMN x INT',
  'CREATE TRIGGER t BEFORE UPDATE ON STATUS_PROCESS FOR EACH ROW SET NEW.alarma = 0',
  'CREATE TABLE mine (x INT)',
  'CREATE DATABASE mine',
  'SELECT * FROM SALARIES',
  'SELECT * FROM mysql.user',
  "SELECT LOAD_FILE('/etc/passwd') IS NULL FROM SALARIES",
  "SELECT 'x' INTO OUTFILE '/tmp/process-monitor-least-rights'",
  `GRANT SELECT ON ${DATABASE}.PROCESE TO ${ACCOUNT}`,
  "CREATE USER 'friend'@'%'",
  'SET GLOBAL max_connections = 1',
];

export function describeLeastRights(product: string, server: () => DatabaseServer): void {
  describe(`${product}: the least rights`, () => {
    let test: ServerUnderTest;
    beforeEach(() => {
      test = new ServerUnderTest(server(), DATABASE);
    });
    afterEach(() => test.dispose());

    const lease = { name: 'host_id:1', holder: { host: 'host-1', pid: 1 }, timeMs: LEASE_MS };

    it('are enough for everything that the monitor does', async () => {
      await test.prepare(TABLES, GRANTS.join(' '));
      const store = test.open({ lease });
      const warnings: string[] = [];
      await until(
        store.own((detail) => warnings.push(detail)),
        'owner',
      );
      expect(await store.probe(never)).toMatchObject({ writes: 'full', warnings: [] });
      await handleOneAlarm(store);
      expect(warnings).toEqual([]);
      const [row] = await test.admin.rows('SELECT owner FROM pm_lease');
      expect(row?.['owner']).toMatch(/^host-1\//);
    });

    it('are each known with what is said where it is missing', () => {
      expect(singleRights(GRANTS).map(nameOfRight).sort()).toEqual(Object.keys(WITHOUT).sort());
    });

    it.each(Object.entries(WITHOUT))('without %s a clear statement says so', async (missing, { from, words }) => {
      const left = singleRights(GRANTS).filter((right) => nameOfRight(right) !== missing);
      const grants = left.map(
        (right) => `GRANT ${nameOfRight(right).replace(' ON ', ` ON ${DATABASE}.`)} TO ${ACCOUNT}`,
      );
      await test.prepare(TABLES, grants.join('; '));
      if (from === 'reading') {
        const reading = test.open().source.alarmed(never);
        await expect(reading).rejects.toMatchObject({
          code: 'rights',
          message: expect.stringMatching(words) as string,
        });
      } else if (from === 'report') {
        const { warnings } = await test.open().probe(never);
        expect(warnings).toEqual([expect.stringMatching(words)]);
      } else {
        const [only] = test.options().servers;
        if (only === undefined) throw new Error('no server');
        // With several servers their locks prove nothing, so that the lease is all there is.
        const store = test.open({ lease, servers: [only, only] });
        const warnings: string[] = [];
        await until(
          store.own((detail) => warnings.push(detail)),
          'owner',
        );
        expect(warnings).toEqual([expect.stringMatching(words)]);
      }
    });

    it('let a stolen login do nothing but see alarms, clear them and write their notes', async () => {
      await test.prepare(TABLES, GRANTS.join(' '));
      const connection = { host: '127.0.0.1', port: test.server.port, user: USER, password: PASSWORD };
      const thief = await openSqlClient({ ...connection, database: DATABASE });
      try {
        const [other] = await test.admin.rows('SELECT CONNECTION_ID() AS id');
        const forbidden = [...FORBIDDEN, `KILL ${String(other?.['id'])}`];
        const answers = await Promise.all(forbidden.map((sql) => thief.run(sql).then(() => sql, errorOf)));
        expect(answers.filter((answer) => !DENIED.has(answer))).toEqual([]);
        await thief.run("UPDATE STATUS_PROCESS SET alarma = 0, notes = 'stolen'");
      } finally {
        await thief.close();
      }
    });
  });
}

async function handleOneAlarm({ source, writer }: AlarmStore): Promise<void> {
  expect(await source.alarmed(never)).toHaveLength(1);
  expect(await source.countProcesses(never)).toBe(1);
  const claimed = await writer.claim(id(1), { alarmId: '1a2b3c4d5e6f' }, never);
  if (claimed.kind !== 'claimed') throw new Error(`not claimed: ${claimed.kind}`);
  expect(await source.stillAlarmed([id(1)], never)).toHaveLength(1);
  expect(await source.namesOf([id(1)], never)).toHaveLength(1);
  const cleared = await writer.clear(id(1), { stamp: STAMP, claim: claimed.claim }, never);
  expect(cleared).toEqual({ kind: 'cleared', rows: 1, noteStored: true });
  expect(await writer.raise(id(1), never)).toEqual({ kind: 'raised', rows: 1 });
}

/** The server's numbers for "you may not": of a table, a column, a database, globally, and of another's connection. */
const DENIED = new Set<unknown>([1142, 1143, 1044, 1227, 1410, 1045, 1095]);

function errorOf(error: unknown): unknown {
  return error instanceof Error && 'errno' in error ? error.errno : error;
}
