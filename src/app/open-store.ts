/** The database of the settings, ready to be asked. */
import { hostname } from 'node:os';
import { pid } from 'node:process';
import type * as ConnectMysql from '../adapters/mysql/connect-mysql.js';
import type { LeaseTerms, MysqlOptions } from '../adapters/mysql/options.js';
import type * as ConnectSqlite from '../adapters/sqlite/connect-sqlite.js';
import { readTrustedFile } from '../config/files.js';
import { rereadPassword } from '../config/password.js';
import type { HostSettings, MysqlSettings, Settings } from '../config/settings.js';
import { shellCommand } from '../domain/shell-word.js';
import type { AlarmStore } from '../ports/alarm-store.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { StoreError } from '../ports/store-error.js';
import { trustedOwners } from './service-account.js';

export interface TunableStore extends AlarmStore {
  /**
   * Reads what new settings name, and returns what puts them in force; of what takes another store nothing changes. Throws
   * `StoreError` as `openStore` does.
   */
  prepareTuning(settings: Settings): Promise<() => void>;
}

export interface StoreSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Hears of each password that is read after the settings were. */
  readonly onPassword?: (password: string) => void;
}

// One of them is never needed, and either is a large part of the program.
const loadMysql = (): Promise<typeof ConnectMysql> => import('../adapters/mysql/connect-mysql.js');
const loadSqlite = (): Promise<typeof ConnectSqlite> => import('../adapters/sqlite/connect-sqlite.js');

/** Has in memory what `openStore` needs of the program: its files may be others by the time of a late call. */
export async function loadStore({ database }: Settings): Promise<void> {
  await (database.engine === 'mysql' ? loadMysql() : loadSqlite());
}

/** Connects at the first use. Throws `StoreError` where a certificate file that the settings name cannot be read. */
export async function openStore(settings: Settings, surroundings: StoreSurroundings): Promise<TunableStore> {
  const { database, host } = settings;
  const { hostId } = host;
  const { clock, random } = surroundings;
  if (database.engine === 'mysql') {
    const { connectMysql } = await loadMysql();
    const store = connectMysql(mysqlOptions(database, host, surroundings), clock, random);
    return Object.assign(store, {
      prepareTuning: (next: Settings): Promise<() => void> =>
        Promise.resolve().then(() => {
          if (next.database.engine !== 'mysql') return () => undefined;
          const options = mysqlOptions(next.database, host, surroundings);
          return () => void store.retune(options);
        }),
    });
  }
  const { path, queryTimeoutMs, writeBack, claims } = database;
  const options = { path, queryTimeoutMs, writeBack, claims, hostId, owners: trustedOwners() };
  const { connectSqlite } = await loadSqlite();
  const store = connectSqlite(options, { clock, random });
  return Object.assign(store, { prepareTuning: () => Promise.resolve(() => undefined) });
}

/** Asked at each new connection: a password that was changed in its file is used as soon as the server asks for it. */
function passwordProvider(
  { password, passwordFile }: MysqlSettings,
  { onPassword }: StoreSurroundings,
): () => Promise<string | null> {
  let known = password;
  return () => {
    const found = passwordFile === null ? null : rereadPassword(passwordFile);
    if (found !== null && found !== known) onPassword?.(found);
    known = found ?? known;
    return Promise.resolve(known);
  };
}

export function mysqlOptions(
  database: MysqlSettings,
  host: HostSettings,
  surroundings: StoreSurroundings,
): MysqlOptions {
  const { hosts, socket, ssl } = database;
  return {
    servers: socket === null ? hosts.map((each) => ({ kind: 'tcp', ...each })) : [{ kind: 'socket', path: socket }],
    user: database.user,
    password: passwordProvider(database, surroundings),
    database: database.database,
    tls: {
      mode: ssl.mode,
      ca: readPem('ssl_ca', ssl.caFile),
      cert: readPem('ssl_cert', ssl.certFile),
      key: readPem('ssl_key', ssl.keyFile),
    },
    connectTimeoutMs: database.connectTimeoutMs,
    queryTimeoutMs: database.queryTimeoutMs,
    poolSize: database.poolSize,
    writeBack: database.writeBack,
    claims: database.claims,
    ownDatabase: database.ownDatabase,
    hostId: host.hostId,
    lease: leaseTerms(host),
  };
}

/** Where rows have no host, they are told apart by who reads them. */
function leaseTerms({ ownership, hostId, leaseTimeMs }: HostSettings): LeaseTerms | null {
  if (ownership === 'off') return null;
  const name = hostId === null ? `hostname:${hostname()}` : `host_id:${hostId}`;
  return { name, holder: { host: hostname(), pid }, timeMs: leaseTimeMs };
}

function readPem(key: 'ssl_ca' | 'ssl_cert' | 'ssl_key', path: string | null): string | null {
  if (path === null) return null;
  const file = readTrustedFile(path);
  if (file.kind === 'refused') throw pemError(key, path, file.problem, file.hint);
  if (key === 'ssl_key' && file.othersMayRead)
    throw pemError(key, path, 'can be read by everybody', shellCommand('chmod', 'o-r', '--', path));
  return file.text;
}

function pemError(key: string, path: string, problem: string, hint: string | null): StoreError {
  const remedy = hint === null ? '' : `: ${hint}`;
  return new StoreError(`${key} in [database] cannot be used: ${path} ${problem}${remedy}`, 'configuration', false);
}
