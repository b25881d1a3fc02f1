/** The MySQL adapter on a real MariaDB. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startMariadb, whyNoMariadb } from '../support/servers/mariadb.js';
import { describeCosts } from './alarm-store-costs.js';
import { describeClaimsInTables } from './alarm-store-claims.js';
import { describeAlarmStore } from './alarm-store-contract.js';
import { describeFaults } from './alarm-store-faults.js';
import { describeLeastRights } from './alarm-store-least-rights.js';
import { describeRights } from './alarm-store-rights.js';
import { describeSchemas } from './alarm-store-schema.js';
import { SEQUENCE, serverFixture } from './alarm-store-server.js';
import { describeMigration } from './migrate-suite.js';

const missing = await whyNoMariadb();

describe.skipIf(missing !== null)('on MariaDB', () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server.stop());

  describeAlarmStore('MariaDB', () => serverFixture(server));
  describeAlarmStore('MariaDB with sequence numbers', () => serverFixture(server, SEQUENCE), 'sequence');
  describeSchemas('MariaDB', () => server);
  describeClaimsInTables('MariaDB', () => server);
  describeMigration('MariaDB', () => server);
  describeRights('MariaDB', () => server);
  describeLeastRights('MariaDB', () => server);
  describeFaults('MariaDB', () => server);
  describeCosts('MariaDB', () => server);
});
