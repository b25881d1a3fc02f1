/** One owner on a Galera cluster, whose nodes each take writes, may be cut off and may die. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import { startGalera, whyNoGalera, type GaleraCluster, type GaleraNode } from '../support/servers/galera.js';
import { id } from './alarm-store-contract.js';
import { never } from './alarm-store-server.js';
import { LeaseBench } from './lease-server.js';
import { describeOwnership, until } from './ownership-contract.js';

const CLEARING = { stamp: 'Restarted at 2026-01-01 00:00:00', claim: null };
const ROUNDS = 20;

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
      for (let round = 0; round < ROUNDS; round += 1) {
        const [row] = await other.rows('SELECT owner FROM pm_lease');
        await other.run(`UPDATE pm_lease SET owner = 'somebody else ${round}'`);
        await expect(store.writer.clear(id(1), CLEARING, never)).rejects.toMatchObject({ code: 'not_owner' });
        await other.run(`UPDATE pm_lease SET owner = '${String(row?.['owner'])}'`);
        await until(owner, 'owner');
      }
      await other.close();
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

  it('has no use for a lock of one server: without a table each monitor acts, and says so', async () => {
    const bench = await LeaseBench.open(cluster.nodes[0], '');
    const { owner, warnings } = bench.contend();
    await until(owner, 'owner');
    expect(warnings).toEqual([expect.stringMatching(/pm_lease.*migrate/) as string]);
    await bench.dispose();
  });
});

function on(...nodes: readonly GaleraNode[]): Pick<MysqlOptions, 'servers'> {
  return { servers: nodes.map(({ port }) => ({ kind: 'tcp', host: '127.0.0.1', port })) };
}
