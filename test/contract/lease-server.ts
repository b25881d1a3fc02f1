/** Several monitors of the same rows on one real server, or on the nodes of one cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import { connectMysql } from '../../src/adapters/mysql/connect-mysql.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import { CryptoRandom } from '../../src/adapters/random/crypto-random.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Ownership } from '../../src/ports/ownership.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import { LEGACY_TABLES, ServerUnderTest } from './alarm-store-server.js';
import type { OwnershipFixture } from './ownership-contract.js';

export const LEASE_TABLE =
  'CREATE TABLE pm_lease (name VARCHAR(190) PRIMARY KEY, owner VARCHAR(64) NOT NULL, token BIGINT NOT NULL, beat BIGINT NOT NULL)';
/** What is left of a lease that another one has taken and given back. */
const FREE_ANEW = "UPDATE pm_lease SET owner = '', token = token + 2";
/** Long enough for a busy machine, short enough for a test. */
export const LEASE_MS = 1200;
const NAME = 'host_id:7';

/** One monitor as far as its rows go. */
export interface Contender {
  readonly store: AlarmStore;
  readonly owner: Ownership;
  readonly warnings: readonly string[];
}

export class LeaseBench implements OwnershipFixture {
  readonly under: ServerUnderTest;
  readonly #stores: AlarmStore[] = [];
  #joined = 0;

  private constructor(server: DatabaseServer) {
    this.under = new ServerUnderTest(server, 'leases');
  }

  /** Process 1 is in alarm. `tables`: what there is beside those of the alarms. */
  static async open(server: DatabaseServer, tables = LEASE_TABLE, grants?: string): Promise<LeaseBench> {
    const bench = new LeaseBench(server);
    const alarms = `${LEGACY_TABLES}; INSERT INTO PROCESE VALUES (1, 'web'); INSERT INTO STATUS_PROCESS VALUES (1, 1, 0, 'down')`;
    await bench.under.prepare([alarms, tables].filter((text) => text !== '').join('; '), grants);
    return bench;
  }

  contend(
    { leaseMs = LEASE_MS, ...changes }: Partial<MysqlOptions> & { readonly leaseMs?: number } = {},
    clock: Clock = new SystemClock(),
  ): Contender {
    this.#joined += 1;
    const lease = { name: NAME, holder: { host: `host-${this.#joined}`, pid: 1000 + this.#joined }, timeMs: leaseMs };
    const store = connectMysql({ ...this.under.options(), lease, ...changes }, clock, new CryptoRandom());
    this.#stores.push(store);
    const warnings: string[] = [];
    return { store, owner: store.own((detail) => warnings.push(detail)), warnings };
  }

  join(): Ownership {
    return this.contend().owner;
  }

  async live(): Promise<void> {
    await sleep(LEASE_MS);
  }

  async usurp(): Promise<void> {
    const { admin } = this.under;
    const [lock] = await admin.rows("SELECT IS_USED_LOCK('process-monitor/leases/host_id:7') AS holder");
    // A lock is lost with its connection.
    const holder = lock?.['holder'];
    await admin.run(typeof holder === 'number' ? `KILL ${holder}` : FREE_ANEW);
  }

  /** `[]`: there is no such lease. */
  async rows(): Promise<readonly Record<string, unknown>[]> {
    return this.under.admin.rows('SELECT name, owner, token FROM pm_lease');
  }

  async dispose(): Promise<void> {
    for (const store of this.#stores) await store.close();
    await this.under.dispose();
  }
}
