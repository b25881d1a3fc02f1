/** The two tables on a real server, as a test wants them, and stores connected to them. */
import { connectMysql } from '../../src/adapters/mysql/connect-mysql.js';
import type { MysqlOptions } from '../../src/adapters/mysql/options.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { Clock } from '../../src/ports/clock.js';
import { FakeRandom } from '../support/fake-random.js';
import type { DatabaseServer } from '../support/servers/database-server.js';
import type { SqlClient } from '../support/servers/sql-client.js';
import type { SeedStatus, StoreFixture } from './alarm-store-contract.js';

export const USER = 'monitor';
export const PASSWORD = 'p"w\\ ț\'';
export const never = new AbortController().signal;

/** The tables as the predecessor made them, without a foreign key. */
export const LEGACY_TABLES = `
  CREATE TABLE STATUS_PROCESS (process_id INT PRIMARY KEY, alarma TINYINT(1) NOT NULL DEFAULT 0, sound TINYINT(1) NOT NULL DEFAULT 0, notes VARCHAR(100));
  CREATE TABLE PROCESE (process_id INT PRIMARY KEY, process_name VARCHAR(100) NOT NULL)`;

/** Without keys, so that anything may be in them. */
const FREE_TABLES = `
  CREATE TABLE PROCESE (process_id BIGINT NULL, process_name VARCHAR(255) NULL);
  CREATE TABLE STATUS_PROCESS (process_id BIGINT NULL, alarma INT NULL, sound INT NULL, notes TEXT NULL, host_id INT NULL, position INT AUTO_INCREMENT UNIQUE)
`;

/** Everything that a test did with the server, given back at its end. */
export class ServerUnderTest {
  readonly server: DatabaseServer;
  readonly database: string;
  readonly #clients: SqlClient[] = [];
  #stores: AlarmStore[] = [];
  #admin: SqlClient | null = null;

  constructor(server: DatabaseServer, database: string) {
    this.server = server;
    this.database = database;
  }

  /** An empty database, and a user who may do anything in it. */
  async prepare(tables: string, grants = `GRANT ALL ON ${this.database}.* TO '${USER}'@'%'`): Promise<void> {
    const root = await this.server.client();
    this.#clients.push(root);
    await root.run(`DROP DATABASE IF EXISTS ${this.database}; CREATE DATABASE ${this.database} CHARACTER SET utf8mb4`);
    const password = PASSWORD.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    await root.run(`DROP USER IF EXISTS '${USER}'@'%'; CREATE USER '${USER}'@'%' IDENTIFIED BY '${password}'`);
    await root.run(`USE ${this.database}; ${tables}; ${grants}`);
    this.#admin = root;
  }

  /** As root, in the test's database. */
  get admin(): SqlClient {
    if (this.#admin === null) throw new Error('prepare() comes first');
    return this.#admin;
  }

  open(options: Partial<MysqlOptions> = {}, clock: Clock = new SystemClock()): AlarmStore {
    const store = connectMysql({ ...this.options(), ...options }, clock, new FakeRandom());
    this.#stores.push(store);
    return store;
  }

  options(): MysqlOptions {
    return {
      servers: [{ kind: 'tcp', host: '127.0.0.1', port: this.server.port }],
      user: USER,
      password: () => Promise.resolve(PASSWORD),
      database: this.database,
      tls: { mode: 'off', ca: null, cert: null, key: null },
      connectTimeoutMs: 3000,
      queryTimeoutMs: 3000,
      poolSize: 4,
      writeBack: 'auto',
      claims: 'auto',
      ownDatabase: null,
      hostId: null,
      lease: null,
    };
  }

  /** Connections of the monitor's user that the server knows of. */
  async connections(): Promise<number> {
    const [row] = await this.admin.rows(
      `SELECT COUNT(*) AS connections FROM information_schema.processlist WHERE user = '${USER}'`,
    );
    return Number(row?.['connections']);
  }

  async dispose(): Promise<void> {
    for (const store of this.#stores) await store.close();
    for (const client of this.#clients) await client.close();
  }
}

/** What `migrate` adds to the table of alarms. */
export const SEQUENCE = `
  ALTER TABLE STATUS_PROCESS ADD COLUMN alarm_seq BIGINT UNSIGNED NOT NULL DEFAULT 0 INVISIBLE;
  CREATE TRIGGER pm_alarm_update BEFORE UPDATE ON STATUS_PROCESS FOR EACH ROW SET NEW.alarm_seq = OLD.alarm_seq + (NEW.alarma <=> 1);
  CREATE TRIGGER pm_alarm_insert BEFORE INSERT ON STATUS_PROCESS FOR EACH ROW SET NEW.alarm_seq = (NEW.alarma <=> 1)`;

/** For the contract of all stores. */
export async function serverFixture(server: DatabaseServer, more = ''): Promise<StoreFixture> {
  const test = new ServerUnderTest(server, 'contract');
  await test.prepare(FREE_TABLES + (more === '' ? '' : `;${more}`));
  const literal = (value: string | number | null): string =>
    value === null
      ? 'NULL'
      : typeof value === 'number'
        ? String(BigInt(value))
        : `X'${Buffer.from(value).toString('hex')}'`;
  const insert = async (table: string, rows: readonly (readonly (string | number | null)[])[]): Promise<void> => {
    await test.admin.run(`DELETE FROM ${table}`);
    for (const row of rows) await test.admin.run(`INSERT INTO ${table} VALUES (${row.map(literal).join(', ')})`);
  };
  return {
    fill: async (processes, statuses) => {
      await insert(
        'PROCESE',
        Object.entries(processes).map(([key, name]) => [Number(key), name]),
      );
      const rows = statuses.map((row, index) => [row.id, row.alarma, row.sound, row.notes, row.hostId, index + 1]);
      await insert('STATUS_PROCESS', rows);
    },
    statuses: async () => {
      const rows = await test.admin.rows('SELECT * FROM STATUS_PROCESS ORDER BY position');
      return rows.map((row) => statusOf(row));
    },
    change: async (position, values) => {
      const assignments = Object.entries(values).map(([column, value]) => `${column} = ${literal(value)}`);
      await test.admin.run(`UPDATE STATUS_PROCESS SET ${assignments.join(', ')} WHERE position = ${position + 1}`);
    },
    open: (settings) => test.open(settings),
    dispose: () => test.dispose(),
  };
}

function statusOf(row: Readonly<Record<string, unknown>>): SeedStatus {
  const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  const notes = typeof row['notes'] === 'string' ? row['notes'] : null;
  const { process_id: id, alarma, sound, host_id: hostId } = row;
  return { id: number(id), alarma: number(alarma), sound: number(sound), notes, hostId: number(hostId) ?? 0 };
}
