/** The tables of the race, on one server or on two nodes of a cluster. */
import { connectMysql } from '../../src/adapters/mysql/connect-mysql.js';
import { migrateMysql } from '../../src/adapters/mysql/migrate-mysql.js';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import { FakeRandom } from '../support/fake-random.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import type { RaceWorld } from './race-site.js';

const DATABASE = 'alarm_race';
const TABLES = `
  CREATE TABLE STATUS_PROCESS (process_id INT PRIMARY KEY, alarma TINYINT(1) NOT NULL DEFAULT 0, sound TINYINT(1) NOT NULL DEFAULT 0, notes VARCHAR(100));
  CREATE TABLE PROCESE (process_id INT PRIMARY KEY, process_name VARCHAR(100) NOT NULL)`;
const LOGIN = { user: 'root', password: () => Promise.resolve(null) };

export interface RaceTables {
  readonly world: RaceWorld;
  /** As a person does it. */
  readonly migrate: (direction: 'migrate' | 'revert') => Promise<void>;
  readonly dispose: () => Promise<void>;
}

/** `raiserServer`: where the other system writes; on a cluster another node. */
export async function raceTables(server: DatabaseServer, raiserServer = server): Promise<RaceTables> {
  const worker = await server.client();
  await worker.run(`DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`);
  await worker.run(`USE ${DATABASE}; ${TABLES}`);
  const raiser = await raiserServer.client();
  await raiser.run(`SET SESSION wsrep_sync_wait = 1`).catch(() => undefined);
  await raiser.run(`USE ${DATABASE}`);
  const options = optionsFor(server);
  const surroundings = { clock: new SystemClock(), random: new FakeRandom() };
  return {
    world: {
      raiser,
      worker,
      open: () => connectMysql(options, surroundings.clock, surroundings.random),
    },
    migrate: async (direction) => {
      const wish = { direction, mayBeVisible: false, isDryRun: false, monitorUser: 'root' };
      const { signal } = new AbortController();
      const outcome = await migrateMysql(options, wish, { ...surroundings, signal });
      if (outcome.kind !== 'migrated') throw new Error(`${outcome.reason}: ${outcome.detail}`);
    },
    dispose: async () => {
      await worker.run(`DROP DATABASE ${DATABASE}`);
      await worker.close();
      await raiser.close();
    },
  };
}

function optionsFor(server: DatabaseServer): MysqlOptions {
  return {
    servers: [{ kind: 'tcp', host: '127.0.0.1', port: server.port }],
    ...LOGIN,
    database: DATABASE,
    tls: { mode: 'off', ca: null, cert: null, key: null },
    connectTimeoutMs: 5000,
    queryTimeoutMs: 5000,
    poolSize: 8,
    writeBack: 'auto',
    claims: 'auto',
    ownDatabase: null,
    hostId: null,
    lease: null,
  };
}
