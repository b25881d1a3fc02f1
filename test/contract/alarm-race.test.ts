/** The short form of the race for alarms that are raised again: the whole one is `npm run stress:alarms`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { race } from '../stress/alarm-race.js';
import type { RaceOptions, RaceResult } from '../stress/race-site.js';
import { raceTables, type RaceTables } from '../stress/race-tables.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { startMariadb, whyNoMariadb } from '../support/servers/mariadb.js';

const missing = await whyNoMariadb();

describe.skipIf(missing !== null)('alarms that are raised again while their processes are restarted', () => {
  let server: DatabaseServer;
  let tables: RaceTables;
  const run = (options: Partial<RaceOptions>): Promise<RaceResult> =>
    race(tables.world, { way: 'claimed', style: 'same_note', kills: false, processes: 20, raises: 300, ...options });

  beforeAll(async () => {
    server = await startMariadb();
    tables = await raceTables(server);
  });
  afterAll(async () => {
    await tables.dispose();
    await server.stop();
  });

  it('are lost where the row is reset blindly: the race can see it', async () => {
    let lost = 0;
    for (let tries = 0; lost === 0 && tries < 20; tries += 1) {
      const { lostVisible, lostInvisible } = await run({ way: 'blind' });
      lost = lostVisible + lostInvisible;
    }
    expect(lost).toBeGreaterThan(0);
  });

  it.each([false, true])('are seen by a mark in the note; the worker is killed: %s', async (kills) => {
    expect(await run({ kills })).toMatchObject({ lostVisible: 0, lostInvisible: 0 });
  });

  it('are raised by us where nothing but alarma was written and a health check sees the failure', async () => {
    expect(await run({ style: 'alarm_only' })).toMatchObject({ lostVisible: 0 });
  });

  it('are seen by the sequence number whatever was written, also when the worker is killed', async () => {
    await tables.migrate('migrate');
    for (const kills of [false, true])
      expect(await run({ kills, style: 'alarm_only' })).toMatchObject({ lostVisible: 0, lostInvisible: 0 });
    await tables.migrate('revert');
  });
});
