/** Never two owners: monitors as processes of their own under kills, freezes and cut lines, on one server. */
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stressOwner } from '../support/owner-stress.js';
import { tellStress } from '../support/owner-verdict.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startMariadb, whyNoMariadb } from '../support/servers/mariadb.js';

const SECONDS = Number(env['OWNER_STRESS_SECONDS'] ?? '8');
const LEASE_MS = 1000;

describe.skipIf((await whyNoMariadb()) !== null)('several monitors of the same rows on one server', () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server.stop());

  it('act at once where nobody asks for a lease: the stress shows it', async () => {
    const result = await stressOwner({ servers: [server], claimers: 3, durationMs: 1500, leaseMs: null });
    expect(result.atOnce).toBeGreaterThan(0);
  });

  it(
    'never act at once, never on what was handled, and lose nothing, whatever happens to them',
    { timeout: (SECONDS + 90) * 1000 },
    async () => {
      const result = await stressOwner({
        servers: [server],
        claimers: 5,
        durationMs: SECONDS * 1000,
        leaseMs: LEASE_MS,
      });
      tellStress('MariaDB', result);
      expect(result).toMatchObject({ atOnce: 0, again: 0, lost: 0 });
      expect(result.acts).toBeGreaterThan(SECONDS);
      expect(result.takeovers.length).toBeGreaterThan(0);
    },
  );
});
