/** What `migrate` makes on a real server, and what it leaves when it is taken back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateMysql, type MigrationOutcome, type MigrationWish } from '../../src/adapters/mysql/migrate-mysql.js';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import { FakeRandom } from '../support/fake-random.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { id, STAMP } from './alarm-store-contract.js';
import { LEGACY_TABLES, never, PASSWORD, ServerUnderTest, USER } from './alarm-store-server.js';

const MIGRATE: MigrationWish = { direction: 'migrate', mayBeVisible: false, isDryRun: false, monitorUser: USER };
const REVERT: MigrationWish = { ...MIGRATE, direction: 'revert' };
const ALARM = '1a2b3c4d5e6f';

/** Runs on the server that `server` gives at the time of the tests; on a cluster each call may go to another node. */
export function describeMigration(
  product: string,
  server: () => DatabaseServer,
  nodes: () => readonly DatabaseServer[] = () => [server()],
): void {
  describe(`${product}: migrate`, () => {
    let test: ServerUnderTest;
    let calls = 0;
    const migrate = (
      wish: Partial<MigrationWish> = {},
      options: Partial<MysqlOptions> = {},
    ): Promise<MigrationOutcome> => {
      const node = nodes()[calls++ % nodes().length] ?? server();
      const servers = [{ kind: 'tcp', host: '127.0.0.1', port: node.port }] as const;
      const login = { user: 'root', password: () => Promise.resolve(null), servers };
      const surroundings = { clock: new SystemClock(), random: new FakeRandom(), signal: never };
      return migrateMysql({ ...test.options(), ...login, ...options }, { ...MIGRATE, ...wish }, surroundings);
    };
    const results = async (outcome: Promise<MigrationOutcome>): Promise<readonly string[]> => {
      const known = await outcome;
      if (known.kind === 'refused') throw new Error(`refused: ${known.reason} ${known.detail}`);
      return [...new Set(known.report.lines.map(({ result }) => result))].sort();
    };
    const picture = async (): Promise<string> => {
      const asked = [
        "SELECT LOWER(column_name) AS a, column_type AS b FROM information_schema.columns WHERE table_schema LIKE 'alarm_migration%' ORDER BY table_schema, table_name, column_name",
        "SELECT trigger_name AS a FROM information_schema.triggers WHERE trigger_schema = 'alarm_migration' ORDER BY 1",
        "SELECT user AS a FROM mysql.user WHERE user = 'process_monitor_definer'",
        "SELECT table_name AS a FROM information_schema.tables WHERE table_schema LIKE 'alarm_migration%' ORDER BY 1",
      ];
      return JSON.stringify(await Promise.all(asked.map((sql) => test.admin.rows(sql))));
    };
    const sequences = async (): Promise<readonly unknown[]> =>
      (await test.admin.rows('SELECT alarm_seq AS seq FROM STATUS_PROCESS ORDER BY process_id')).map(
        (row) => row['seq'],
      );

    beforeEach(async () => {
      test = new ServerUnderTest(server(), 'alarm_migration');
      await test.prepare(LEGACY_TABLES);
      await test.admin.run(
        "INSERT INTO PROCESE VALUES (1, 'one'); INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, 'seen')",
      );
    });
    afterEach(async () => {
      await results(migrate(REVERT));
      await test.admin.run('DROP DATABASE IF EXISTS alarm_migration_own');
      await test.dispose();
    });

    it('counts every raise, and leaves inserts without names as they were', async () => {
      expect(await results(migrate())).toEqual(['done']);
      await test.admin.run('INSERT INTO STATUS_PROCESS VALUES (2, 1, 0, NULL), (3, 0, 0, NULL)');
      expect(await sequences()).toEqual([0, 1, 0]);
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1 WHERE process_id = 2');
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 0 WHERE process_id = 3');
      expect(await sequences()).toEqual([1, 3, 1]);
      const [row] = await test.admin.rows('SELECT * FROM STATUS_PROCESS');
      expect(Object.keys(row ?? {})).toEqual(['process_id', 'alarma', 'sound', 'notes']);
    });

    it('may be run again, and twice at once, and finds everything there', async () => {
      await Promise.all([migrate(), migrate(), migrate()].map(results));
      const before = await picture();
      expect(await results(migrate())).toEqual(['already', 'done']);
      expect(await picture()).toBe(before);
      expect(await test.admin.rows('SELECT name AS name FROM pm_schema')).toEqual([
        { name: 'alarm_seq:alarm_migration' },
      ]);
    });

    it('is taken back without a trace, also twice, and can be made again', async () => {
      const before = await picture();
      await migrate();
      expect(await picture()).not.toBe(before);
      expect(await results(migrate(REVERT))).toEqual(['done']);
      expect(await picture()).toBe(before);
      await results(migrate(REVERT));
      expect(await picture()).toBe(before);
      await results(migrate());
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      expect(await sequences()).toEqual([1]);
    });

    it('shows what it would run and runs nothing', async () => {
      const before = await picture();
      expect(await results(migrate({ isDryRun: true }))).toEqual(['planned']);
      expect(await results(migrate({ ...REVERT, isDryRun: true }))).toEqual(['planned']);
      expect(await picture()).toBe(before);
    });

    it('makes our own tables in a database of their own where that is wished', async () => {
      await results(migrate({}, { ownDatabase: 'alarm_migration_own' }));
      const rows = await test.admin.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'alarm_migration_own' ORDER BY 1",
      );
      expect(rows).toEqual([{ name: 'pm_lease' }, { name: 'pm_schema' }]);
      await results(migrate(REVERT, { ownDatabase: 'alarm_migration_own' }));
      expect(await test.admin.rows('SHOW TABLES FROM alarm_migration_own')).toEqual([]);
    });

    it('leaves what another database on the server relies on', async () => {
      await test.admin.run(`DROP DATABASE IF EXISTS alarm_migration_two; CREATE DATABASE alarm_migration_two;
        USE alarm_migration_two; ${LEGACY_TABLES}; USE alarm_migration`);
      const two = { database: 'alarm_migration_two', ownDatabase: 'alarm_migration_own' };
      await results(migrate({}, two));
      await results(migrate({}, { ownDatabase: 'alarm_migration_own' }));
      await results(migrate(REVERT, { ownDatabase: 'alarm_migration_own' }));
      await test.admin.run('INSERT INTO alarm_migration_two.STATUS_PROCESS VALUES (1, 1, 0, NULL)');
      await test.admin.run('UPDATE alarm_migration_two.STATUS_PROCESS SET alarma = 1');
      expect(await test.admin.rows('SELECT alarm_seq AS seq FROM alarm_migration_two.STATUS_PROCESS')).toEqual([
        { seq: 2 },
      ]);
      expect(await test.admin.rows('SELECT name AS name FROM alarm_migration_own.pm_schema')).toEqual([
        { name: 'alarm_seq:alarm_migration_two' },
      ]);
      await results(migrate(REVERT, two));
      await test.admin.run('DROP DATABASE alarm_migration_two');
    });

    it('outlives the person who has run it', async () => {
      await test.admin.run(
        `DROP USER IF EXISTS 'dba'@'%'; CREATE USER 'dba'@'%' IDENTIFIED BY 'x'; GRANT ALL ON *.* TO 'dba'@'%' WITH GRANT OPTION`,
      );
      await results(migrate({}, { user: 'dba', password: () => Promise.resolve('x') }));
      await test.admin.run("DROP USER 'dba'@'%'");
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      expect(await sequences()).toEqual([1]);
      const [account] = await test.admin.rows("SHOW CREATE USER 'process_monitor_definer'@'localhost'");
      expect(Object.values(account ?? {}).join()).toContain('ACCOUNT LOCK');
    });

    it('is refused, with nothing changed, to a user who may not make accounts', async () => {
      const before = await picture();
      const { servers } = test.options();
      const login = { user: USER, password: () => Promise.resolve(PASSWORD), servers };
      expect(await migrate({}, login)).toMatchObject({ kind: 'refused', reason: 'no_account', lines: [] });
      expect(await picture()).toBe(before);
    });

    it('is refused where STATUS_PROCESS is a view', async () => {
      await test.admin.run(
        'RENAME TABLE STATUS_PROCESS TO ROWS_BEHIND; CREATE VIEW STATUS_PROCESS AS SELECT * FROM ROWS_BEHIND',
      );
      expect(await migrate()).toMatchObject({ kind: 'refused', reason: 'view' });
      await test.admin.run('DROP VIEW STATUS_PROCESS; RENAME TABLE ROWS_BEHIND TO STATUS_PROCESS');
    });

    it('names the least rights of the monitor, and they are enough', async () => {
      const outcome = await migrate({}, { ownDatabase: 'alarm_migration_own' });
      const grants = outcome.kind === 'migrated' ? outcome.report.grants : [];
      expect(grants).toHaveLength(4);
      await test.admin.run(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM '${USER}'@'%'; ${grants.join('; ')}`);
      const store = test.open({ ownDatabase: 'alarm_migration_own' });
      const report = await store.probe(never);
      expect(report).toMatchObject({ writes: 'full' });
      expect(report.facts).toContain('raised again meanwhile: seen by sequence number');
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      expect(await store.writer.claim(id(1), { alarmId: ALARM }, never)).toEqual({ kind: 'claimed', claim: 'seq:1' });
      await test.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
      expect(await store.writer.clear(id(1), { stamp: STAMP, claim: 'seq:1' }, never)).toEqual({
        kind: 'raised_again',
      });
      const mine = await server().client('alarm_migration_own');
      await mine.close();
      await test.admin.run("INSERT INTO alarm_migration_own.pm_lease VALUES ('host', 'me', 1, 1)");
    });
  });
}
