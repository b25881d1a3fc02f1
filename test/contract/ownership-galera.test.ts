/** One owner on a Galera cluster, whose nodes each take writes, may be cut off and may die. */
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import { stressOwner } from '../support/owner-stress.js';
import { tellStress } from '../support/owner-verdict.js';
import { startGalera, whyNoGalera, type GaleraCluster, type GaleraNode } from '../support/servers/galera.js';
import { id } from './alarm-store-contract.js';
import { never } from './alarm-store-server.js';
import { LeaseBench } from './lease-server.js';
import { describeOwnership, until } from './ownership-contract.js';

const CLEARING = { stamp: 'Restarted at 2026-01-01 00:00:00', claim: null };
const ROUNDS = 20;
const STRESS_SECONDS = Number(env['OWNER_STRESS_SECONDS'] ?? '6');

describe.skipIf((await whyNoGalera()) !== null)('on Galera', () => {
  let cluster: GaleraCluster;
  beforeAll(async () => {
    cluster = await startGalera();
  });
  afterAll(() => cluster.stop());

  describeOwnership('the lease on Galera', () => LeaseBench.open(cluster.nodes[0]));

  describe('with a lease', () => {
    let bench: LeaseBench;
    beforeEach(async () => {
      bench = await LeaseBench.open(cluster.nodes[0]);
    });
    afterEach(() => bench.dispose());

    it('refuses the write of an owner that was replaced on another node an instant ago', async () => {
      const [first, second] = cluster.nodes;
      const { store, owner } = bench.contend(on(first));
      await until(owner, 'owner');
      const other = await second.client('leases');
      // It sees what the first has stored until now, and is not told off for having come at the same time.
      await other.run('SET SESSION wsrep_sync_wait = 15, wsrep_retry_autocommit = 10');
      let refused = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const [row] = await other.rows('SELECT owner FROM pm_lease');
        await other.run(`UPDATE pm_lease SET owner = 'somebody else ${round}'`);
        const answer = await store.writer.clear(id(1), CLEARING, never).catch((error: unknown) => error);
        const [now] = await other.rows('SELECT owner FROM pm_lease');
        // Held up for a whole lease, the write comes when we have taken it over again: that proves nothing.
        if (now?.['owner'] !== `somebody else ${round}`) {
          await bench.under.admin.run('UPDATE STATUS_PROCESS SET alarma = 1');
          continue;
        }
        refused += 1;
        expect(answer).toMatchObject({ code: 'not_owner' });
        await other.run(`UPDATE pm_lease SET owner = '${String(row?.['owner'])}'`);
        await until(owner, 'owner');
      }
      await other.close();
      expect(refused).toBeGreaterThan(0);
      expect(await bench.under.admin.rows('SELECT alarma FROM STATUS_PROCESS')).toEqual([{ alarma: 1 }]);
    });

    it('moves away from a node that was cut off: its monitor stops, one on another node takes over', async () => {
      const [first, second, third] = cluster.nodes;
      const cut = bench.contend(on(third));
      await until(cut.owner, 'owner');
      const next = bench.contend(on(first, second));
      await until(next.owner, 'standby');
      const stopped = until(cut.owner, 'unsure').then(() => next.owner.state().kind);
      await third.isolate();
      await until(next.owner, 'owner');
      // The others settle among themselves who is left, and answer nobody meanwhile.
      expect(await stopped).not.toBe('owner');
      await third.rejoin();
      await until(cut.owner, 'standby');
    });
  });

  it(
    'is never two at once under stress, while monitors and nodes die, freeze and are cut off',
    { timeout: (STRESS_SECONDS + 120) * 1000 },
    async () => {
      const [, second, third] = cluster.nodes;
      const faults = [
        () => killFor(second),
        () => cutOffFor(third),
        () => freezeFor(second),
        () => killFor(third),
        () => cutOffFor(second),
      ];
      let turn = 0;
      const serverFault = async (): Promise<void> => {
        await faults[turn++ % faults.length]?.();
        await sleep(2000);
      };
      const durationMs = STRESS_SECONDS * 1000;
      const result = await stressOwner({ servers: cluster.nodes, claimers: 6, durationMs, leaseMs: 1500, serverFault });
      tellStress(`Galera, ${turn} node faults`, result);
      expect(result).toMatchObject({ atOnce: 0, again: 0, lost: 0 });
      expect(result.acts).toBeGreaterThan(STRESS_SECONDS);
    },
  );

  it('has no use for a lock of one server: without a table each monitor acts, and says so', async () => {
    const bench = await LeaseBench.open(cluster.nodes[0], '');
    const { owner, warnings } = bench.contend();
    await until(owner, 'owner');
    expect(warnings).toEqual([expect.stringMatching(/pm_lease.*migrate/) as string]);
    const lease = { name: 'host_id:7', holder: { host: 'asker', pid: 1 }, timeMs: 1500 };
    const report = await bench.under.open({ lease }).probe(never);
    expect(report.warnings).toEqual(warnings);
    expect(report.facts).toContainEqual(expect.stringMatching(/^one owner: nothing decides it/));
    await bench.dispose();
  });
});

async function killFor(node: GaleraNode): Promise<void> {
  await node.kill();
  await sleep(1000);
  await node.restart();
}

async function cutOffFor(node: GaleraNode): Promise<void> {
  await node.isolate();
  await sleep(2500);
  await node.rejoin();
}

async function freezeFor(node: GaleraNode): Promise<void> {
  await node.pause();
  await sleep(1500);
  node.resume();
  await node.synced();
}

function on(...nodes: readonly GaleraNode[]): Pick<MysqlOptions, 'servers'> {
  return { servers: nodes.map(({ port }) => ({ kind: 'tcp', host: '127.0.0.1', port })) };
}
