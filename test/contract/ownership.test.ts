/** One owner: the fake, and the lease on MariaDB. */
import { afterAll, beforeAll, describe } from 'vitest';
import { MemoryLease } from '../support/memory-lease.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startMariadb, whyNoMariadb } from '../support/servers/mariadb.js';
import { describeLeaseFaults } from './lease-faults.js';
import { LeaseBench } from './lease-server.js';
import { describeOwnerReport } from './owner-report.js';
import { describeOwnership } from './ownership-contract.js';

describeOwnership('MemoryLease', () => {
  const lease = new MemoryLease();
  let joined = 0;
  return Promise.resolve({
    join: () => lease.join(`monitor ${(joined += 1)}`),
    live: () => Promise.resolve(),
    usurp: () => {
      lease.usurp();
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  });
});

const missing = await whyNoMariadb();

describe.skipIf(missing !== null)('on MariaDB', () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server.stop());

  describeOwnership('the lease on MariaDB', () => LeaseBench.open(server));
  describeOwnership('the lock on MariaDB', () => LeaseBench.open(server, ''));
  describeLeaseFaults('MariaDB', () => server);
  describeOwnerReport('MariaDB', () => server);
});
