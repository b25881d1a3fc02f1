/** Gives the tables of alarms the column that counts raises, and us our own tables; or takes both away. */
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import type { ServerConnection } from './connection.js';
import { ConnectionPool } from './connection-pool.js';
import { errorNumberOf } from './errors.js';
import {
  canHideColumns,
  DEFINER,
  grantsAfter,
  literal,
  recordOf,
  UNDER_WAY,
  stepsToMigrate,
  stepsToRevert,
  type MigrationPlace,
  type MigrationStep,
} from './migration-plan.js';
import { aloneOn } from './migration-lock.js';
import type { MysqlOptions } from './options.js';
import { textOf } from './row.js';
import { isMariadb, READ_TABLE } from './session-sql.js';
import type { Statement } from './sql.js';

export interface MigrationWish {
  readonly direction: 'migrate' | 'revert';
  /** Where the server cannot hide the column: add it all the same. */
  readonly mayBeVisible: boolean;
  /** Say what would be run, and run nothing. */
  readonly isDryRun: boolean;
  /** Name of the account that the monitor logs in with. */
  readonly monitorUser: string;
}

/** `done`: run now; `already`: it was so before; `planned`: only shown. */
export interface MigrationLine {
  readonly sql: string;
  readonly result: 'done' | 'already' | 'planned';
}

export interface MigrationReport {
  readonly server: string;
  readonly lines: readonly MigrationLine[];
  /** The column can be hidden from `SELECT *` and from inserts without names. */
  readonly isHidden: boolean;
  /** For the monitor's account; empty after a revert. */
  readonly grants: readonly string[];
}

/** `refused`: nothing was changed, or nothing more than `lines` say; `reason` is a code for words, `detail` the server's own. */
export type MigrationOutcome =
  | { readonly kind: 'migrated'; readonly report: MigrationReport }
  | {
      readonly kind: 'refused';
      readonly reason: 'view' | 'cannot_hide' | 'no_account' | 'no_trigger' | 'binary_log' | 'no_rights';
      readonly detail: string;
      readonly lines: readonly MigrationLine[];
    };

/** A large table may have to be copied where the server cannot add a column at once. */
const LONGEST_STATEMENT_MS = 30 * 60_000;
const NO_LOG_TRUST = 1419;
const NO_RIGHTS = new Set([1044, 1142, 1143, 1227, 1370, 1410, 1419, 1470]);

/** Throws `StoreError` for anything but missing rights and what the tables themselves forbid. */
export async function migrateMysql(
  options: MysqlOptions,
  wish: MigrationWish,
  { clock, random, signal }: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal },
): Promise<MigrationOutcome> {
  const own = { ...options, poolSize: 1, queryTimeoutMs: LONGEST_STATEMENT_MS };
  const pool = new ConnectionPool(own, clock, random);
  try {
    return await pool.use(signal, (connection) => runOn(connection, { options, wish, clock }, signal));
  } finally {
    await pool.close();
  }
}

async function runOn(
  connection: ServerConnection,
  { options, wish, clock }: { readonly options: MysqlOptions; readonly wish: MigrationWish; readonly clock: Clock },
  signal: AbortSignal,
): Promise<MigrationOutcome> {
  const { version } = connection.server;
  const { database } = options;
  const place = { version, database, ownDatabase: options.ownDatabase ?? database };
  const [table] = await connection.rows(READ_TABLE, signal);
  const isMigration = wish.direction === 'migrate';
  if (isMigration && textOf(table?.['tableType']) === 'VIEW') return refused('view', '');
  if (isMigration && !canHideColumns(version) && !wish.mayBeVisible) return refused('cannot_hide', version);
  const steps = isMigration ? stepsToMigrate(place) : stepsToRevert(place, await sharedWith(connection, place, signal));
  const run = (some: readonly MigrationStep[]): Promise<Ran> =>
    runSteps(connection, { steps: some, isDryRun: wish.isDryRun }, signal);
  const alone = async (): Promise<Ran> => {
    // Who may not make the account is refused before anything else is touched.
    const first = isMigration ? await run(steps.slice(0, 1)) : NOTHING_RUN;
    if (first.refusal !== null) return first;
    const rest = (): Promise<Ran> => run(steps.slice(first.lines.length));
    const { lines, refusal } = await aloneOn(connection, { place, clock, run: rest }, signal);
    return { lines: [...first.lines, ...lines], refusal };
  };
  const { lines, refusal } = wish.isDryRun ? await run(steps) : await alone();
  if (refusal !== null) return { ...refusal, lines };
  const server = `${isMariadb(version) ? 'MariaDB' : 'MySQL'} ${version} at ${connection.where}`;
  const accounts = isMigration ? await accountsOf(connection, wish.monitorUser, signal) : [];
  const grants = accounts.flatMap((account) => grantsAfter(place, account));
  return { kind: 'migrated', report: { server, lines, isHidden: canHideColumns(version), grants } };
}

interface Ran {
  readonly lines: readonly MigrationLine[];
  readonly refusal: Extract<MigrationOutcome, { kind: 'refused' }> | null;
}

const NOTHING_RUN: Ran = { lines: [], refusal: null };

async function runSteps(
  connection: ServerConnection,
  { steps, isDryRun }: { readonly steps: readonly MigrationStep[]; readonly isDryRun: boolean },
  signal: AbortSignal,
): Promise<Ran> {
  const lines: MigrationLine[] = [];
  for (const step of steps) {
    const result = isDryRun ? 'planned' : await runStep(connection, step, signal);
    if (typeof result === 'object') return { lines, refusal: result };
    lines.push({ sql: step.sql, result });
  }
  return { lines, refusal: null };
}

async function runStep(
  connection: ServerConnection,
  { sql, soAlready }: MigrationStep,
  signal: AbortSignal,
): Promise<'done' | 'already' | Extract<MigrationOutcome, { kind: 'refused' }>> {
  try {
    await connection.run(ask('migrate', sql), signal);
    return 'done';
  } catch (error) {
    const number = error instanceof StoreError ? errorNumberOf(error.cause) : null;
    if (number !== null && soAlready.includes(number)) return 'already';
    if (number === null || !NO_RIGHTS.has(number)) throw error;
    const detail = error instanceof Error ? error.message : '';
    if (number === NO_LOG_TRUST) return refused('binary_log', detail);
    if (sql.startsWith('CREATE USER')) return refused('no_account', detail);
    return refused(sql.startsWith('CREATE DEFINER') ? 'no_trigger' : 'no_rights', detail);
  }
}

/** Whether other databases on this server rely on the account or on our tables. */
async function sharedWith(
  connection: ServerConnection,
  { database, ownDatabase }: MigrationPlace,
  signal: AbortSignal,
): Promise<{ readonly account: boolean; readonly tables: boolean }> {
  const account = DEFINER.replaceAll("'", '');
  const triggers = await connection.rows(
    ask(
      'look for triggers',
      `SELECT 1 AS found FROM information_schema.triggers WHERE definer = ${literal(account)} ` +
        `AND trigger_schema <> ${literal(database)} LIMIT 1`,
    ),
    signal,
  );
  const records = await connection
    .rows(
      ask(
        'look for records',
        `SELECT 1 AS found FROM \`${ownDatabase.replaceAll('`', '``')}\`.pm_schema WHERE name NOT IN (${recordOf(database)}, ${UNDER_WAY}) LIMIT 1`,
      ),
      signal,
    )
    .catch((error: unknown) => {
      // Not there: then nobody relies on it.
      if (error instanceof StoreError && error.code === 'schema') return [];
      throw error;
    });
  return { account: triggers.length > 0, tables: records.length > 0 };
}

/** Each account of that name, as the server has it; one for this host where accounts may not be read. */
async function accountsOf(connection: ServerConnection, user: string, signal: AbortSignal): Promise<readonly string[]> {
  const statement = ask('look for accounts', `SELECT host AS host FROM mysql.user WHERE user = ${literal(user)}`);
  const rows = await connection.rows(statement, signal).catch((error: unknown) => {
    if (error instanceof StoreError && connection.end === 'none') return [];
    throw error;
  });
  const hosts = rows.map((row) => textOf(row['host'])).filter((host) => host !== null);
  return (hosts.length > 0 ? hosts : ['localhost']).map((host) => `${literal(user)}@${literal(host)}`);
}

function refused(
  reason: Extract<MigrationOutcome, { kind: 'refused' }>['reason'],
  detail: string,
): Extract<MigrationOutcome, { kind: 'refused' }> {
  return { kind: 'refused', reason, detail, lines: [] };
}

function ask(what: string, text: string): Statement {
  return { what, text, values: [] };
}
