/** `migrate` on a Galera cluster, where each run of it may meet another node, and several nodes at once. */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeMigration } from '../contract/migrate-suite.js';
import { startGalera, whyNoGalera, type GaleraCluster } from '../support/servers/galera.js';

describe.skipIf((await whyNoGalera()) !== null)('on Galera', () => {
  let cluster: GaleraCluster;
  beforeAll(async () => {
    cluster = await startGalera();
  });
  afterAll(() => cluster.stop());

  describeMigration(
    'Galera',
    () => cluster.nodes[0],
    () => cluster.nodes,
  );
});
