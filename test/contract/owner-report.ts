/** How the report of a database tells which of several monitors may act: by the lease, by a lock, or nobody decides. */
import { afterEach, describe, expect, it } from 'vitest';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import type { StoreReport } from '../../src/ports/alarm-store.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { never, USER } from './alarm-store-server.js';
import { LEASE_MS, LEASE_TABLE, LeaseBench } from './lease-server.js';
import { until } from './ownership-contract.js';

const TERMS = { name: 'host_id:7', holder: { host: 'asker', pid: 1 }, timeMs: LEASE_MS };

export function describeOwnerReport(name: string, serverOf: () => DatabaseServer): void {
  describe(`the report on ${name} about one owner`, () => {
    let bench: LeaseBench;
    afterEach(() => bench.dispose());

    const open = async (tables?: string, grants?: string): Promise<LeaseBench> => {
      bench = await LeaseBench.open(serverOf(), tables, grants);
      return bench;
    };

    it('names who holds the lease', async () => {
      const { owner } = (await open()).contend();
      await until(owner, 'owner');
      const report = await ask(bench);
      const holder = /^by the lease, held by host-1 \(pid 1001, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)$/;
      expect(deciderOf(report)).toMatch(holder);
      expect(report.warnings).toEqual([]);
    });

    it('takes and adds nothing, also while nobody has the lease', async () => {
      await open();
      expect(deciderOf(await ask(bench))).toBe('by the lease, held by nobody');
      expect(await bench.rows()).toEqual([]);
      const { owner } = bench.contend();
      await until(owner, 'owner');
      await owner.release();
      const everything = 'SELECT * FROM pm_lease';
      const released = await bench.under.admin.rows(everything);
      expect(deciderOf(await ask(bench))).toBe('by the lease, held by nobody');
      expect(await bench.under.admin.rows(everything)).toEqual(released);
    });

    it('tells of the lock where there is no table, and who has it', async () => {
      await open('');
      const free = deciderOf(await ask(bench));
      expect(free).toMatch(/^by a lock of this server, held by nobody; no lease: .*pm_lease/);
      await until(bench.join(), 'owner');
      const report = await ask(bench);
      expect(deciderOf(report)).toMatch(/^by a lock of this server, held by connection \d+ from \S+; no lease: /);
      expect(report.warnings).toEqual([]);
    });

    it('warns with the command that mends it where nothing keeps others away', async () => {
      const report = await ask(await open(''), severalServers(bench));
      expect(deciderOf(report)).toMatch(/^nothing decides it, every monitor of these rows acts: .*pm_lease/);
      expect(report.warnings).toEqual([expect.stringMatching(/second monitor .*pm_lease.*`process-monitor migrate`/)]);
    });

    it('leaves that warning to a monitor that has given it already', async () => {
      await open('');
      const { store, owner, warnings } = bench.contend(severalServers(bench));
      await until(owner, 'owner');
      expect((await store.probe(never)).warnings).toEqual([]);
      expect(warnings).toHaveLength(1);
    });

    it('leaves it open while the server takes no writes', async () => {
      const { admin } = (await open()).under;
      await admin.run('SET GLOBAL read_only = 1');
      try {
        expect(deciderOf(await ask(bench))).toMatch(/^unknown while the server is read-only/);
      } finally {
        await admin.run('SET GLOBAL read_only = 0');
      }
    });

    it('says that the settings do not ask for one', async () => {
      expect(deciderOf(await ask(await open(), { lease: null }))).toMatch(/^not asked for, every monitor/);
    });

    describe('with a right too little', () => {
      const ALARMS = `GRANT SELECT, UPDATE ON leases.STATUS_PROCESS TO '${USER}'@'%'; GRANT SELECT ON leases.PROCESE TO '${USER}'@'%'`;

      it.each([
        { missing: 'SELECT', rights: 'INSERT, UPDATE' },
        { missing: 'INSERT', rights: 'SELECT, UPDATE' },
        { missing: 'UPDATE', rights: 'SELECT, INSERT' },
      ])('goes by the lock as the monitor does: $missing', async ({ missing, rights }) => {
        await open(LEASE_TABLE, `${ALARMS}; GRANT ${rights} ON leases.pm_lease TO '${USER}'@'%'`);
        const text = new RegExp(`^by a lock of this server, .*${missing} command denied .*pm_lease`);
        expect(deciderOf(await ask(bench))).toMatch(text);
      });
    });
  });
}

function ask(bench: LeaseBench, changes: Partial<MysqlOptions> = {}): Promise<StoreReport> {
  return bench.under.open({ lease: TERMS, ...changes }).probe(never);
}

/** The same one twice: its locks prove nothing then. */
function severalServers({ under }: LeaseBench): Pick<MysqlOptions, 'servers'> {
  const { servers } = under.options();
  return { servers: [...servers, ...servers] };
}

function deciderOf({ facts }: StoreReport): string {
  const found = facts.filter((fact) => fact.startsWith('one owner: '));
  if (found.length !== 1) throw new Error(`${found.length} facts: ${facts.join('; ')}`);
  return (found[0] ?? '').replace('one owner: ', '');
}
