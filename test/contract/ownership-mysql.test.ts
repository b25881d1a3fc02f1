/** One owner: the lease on Oracle's MySQL. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startMysql, whyNoMysql } from '../support/servers/mysql.js';
import { describeLeaseFaults } from './lease-faults.js';
import { LeaseBench } from './lease-server.js';
import { describeOwnerReport } from './owner-report.js';
import { describeOwnership } from './ownership-contract.js';

const missing = await whyNoMysql();

describe.skipIf(missing !== null)('on MySQL', () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMysql();
  });
  afterAll(() => server.stop());

  describeOwnership('the lease on MySQL', () => LeaseBench.open(server));
  describeLeaseFaults('MySQL', () => server);
  describeOwnerReport('MySQL', () => server);
});
