/** The cluster that tests run on is a real one: what one node writes the others see, and a cut-off node says so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGalera, whyNoGalera, type GaleraCluster } from '../support/servers/galera.js';

describe.skipIf((await whyNoGalera()) !== null)('the cluster that tests run on', () => {
  let cluster: GaleraCluster;
  beforeAll(async () => {
    cluster = await startGalera();
  });
  afterAll(() => cluster.stop());

  it('shows on one node what was written on another', async () => {
    const [first, second] = cluster.nodes;
    const writer = await first.client();
    await writer.run('CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY); INSERT INTO d.t VALUES (7)');
    const reader = await second.client();
    await reader.run('SET SESSION wsrep_sync_wait = 1');
    expect(await reader.rows('SELECT a FROM d.t')).toEqual([{ a: 7 }]);
    await Promise.all([writer.close(), reader.close()]);
  });

  it('goes on without a node that was killed, and takes it back', async () => {
    const [first, , third] = cluster.nodes;
    await third.kill();
    await first.synced(2);
    await third.restart();
    await first.synced(3);
  });

  it('lets a node that is cut off refuse to work until it is joined again', async () => {
    const [first, second] = cluster.nodes;
    await second.isolate();
    await first.synced(2);
    const client = await second.client();
    await expect(client.rows('SELECT a FROM d.t')).rejects.toMatchObject({ errno: 1047 });
    await second.rejoin();
    expect(await client.rows('SELECT a FROM d.t')).toHaveLength(1);
    await client.close();
  });
});
