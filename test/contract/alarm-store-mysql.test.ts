/** The MySQL adapter on a real MySQL of Oracle. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startMysql, whyNoMysql } from '../support/servers/mysql.js';
import { describeCosts } from './alarm-store-costs.js';
import { describeClaimsInTables } from './alarm-store-claims.js';
import { describeAlarmStore } from './alarm-store-contract.js';
import { describeFaults } from './alarm-store-faults.js';
import { describeLeastRights } from './alarm-store-least-rights.js';
import { describeRights } from './alarm-store-rights.js';
import { describeSchemas } from './alarm-store-schema.js';
import { SEQUENCE, serverFixture } from './alarm-store-server.js';
import { describeMigration } from './migrate-suite.js';

const missing = await whyNoMysql();

describe.skipIf(missing !== null)('on MySQL', () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMysql();
  });
  afterAll(() => server.stop());

  describeAlarmStore('MySQL', () => serverFixture(server));
  describeAlarmStore('MySQL with sequence numbers', () => serverFixture(server, SEQUENCE), 'sequence');
  describeSchemas('MySQL', () => server);
  describeClaimsInTables('MySQL', () => server);
  describeMigration('MySQL', () => server);
  describeRights('MySQL', () => server);
  describeLeastRights('MySQL', () => server);
  describeFaults('MySQL', () => server);
  describeCosts('MySQL', () => server);
});
