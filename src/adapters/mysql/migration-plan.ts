/** What `migrate` changes on a server, statement by statement, and what takes it away again. */
import { isMariadb } from './session-sql.js';

/** An account that nobody can log in with and nobody has reason to drop: the triggers run as it. */
export const DEFINER = "'process_monitor_definer'@'localhost'";
export const TRIGGERS = ['pm_alarm_update', 'pm_alarm_insert'] as const;

/** Where the migration takes place. */
export interface MigrationPlace {
  /** Of the server. */
  readonly version: string;
  /** Holds the alarms. */
  readonly database: string;
  /** Holds our own tables; may be the same. */
  readonly ownDatabase: string;
}

/** One statement; `gone`: the server's numbers for "that is so already". */
export interface MigrationStep {
  readonly sql: string;
  readonly soAlready: readonly number[];
}

const COLUMN_EXISTS = 1060;
const TRIGGER_EXISTS = 1359;
const NO_SUCH_COLUMN = 1091;
const NO_SUCH_TRIGGER = 1360;
const NO_SUCH_TABLE = 1146;

/** MariaDB from 10.3 and MySQL from 8.0.23 can hide a column from `SELECT *` and from inserts without names. */
export function canHideColumns(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
  const [least, its] = isMariadb(version)
    ? [[10, 3, 0] as const, [major, minor, 0]]
    : [[8, 0, 23] as const, [major, minor, patch]];
  for (const [index, wanted] of least.entries()) {
    const has = its[index] ?? 0;
    if (has !== wanted) return has > wanted;
  }
  return true;
}

/** Every one may be run although it was run before, here or on another server of the cluster, at the same time too. */
export function stepsToMigrate(place: MigrationPlace): readonly MigrationStep[] {
  const { version, database, ownDatabase } = place;
  const alarms = `${quoted(database)}.STATUS_PROCESS`;
  const own = quoted(ownDatabase);
  const hidden = canHideColumns(version) ? ' INVISIBLE' : '';
  return [
    step(`CREATE USER IF NOT EXISTS ${DEFINER} ${withoutLogin(version)} ACCOUNT LOCK`),
    step(`ALTER TABLE ${alarms} ADD COLUMN alarm_seq BIGINT UNSIGNED NOT NULL DEFAULT 0${hidden}`, COLUMN_EXISTS),
    step(`GRANT SELECT (alarma, alarm_seq), UPDATE (alarm_seq), TRIGGER ON ${alarms} TO ${DEFINER}`),
    step(
      `CREATE DEFINER = ${DEFINER} TRIGGER ${quoted(database)}.${TRIGGERS[0]} BEFORE UPDATE ON ${alarms} FOR EACH ROW ` +
        'SET NEW.alarm_seq = OLD.alarm_seq + (NEW.alarma <=> 1)',
      TRIGGER_EXISTS,
    ),
    step(
      `CREATE DEFINER = ${DEFINER} TRIGGER ${quoted(database)}.${TRIGGERS[1]} BEFORE INSERT ON ${alarms} FOR EACH ROW ` +
        'SET NEW.alarm_seq = (NEW.alarma <=> 1)',
      TRIGGER_EXISTS,
    ),
    ...stepsToRecord(place),
    step(
      `CREATE TABLE IF NOT EXISTS ${own}.pm_lease (name VARCHAR(190) NOT NULL PRIMARY KEY, ` +
        `owner VARCHAR(64) NOT NULL, token BIGINT NOT NULL, beat BIGINT NOT NULL) ${TABLE_OPTIONS}`,
    ),
    step(
      `INSERT IGNORE INTO ${own}.pm_schema (name, made_at, made_by) ` +
        `VALUES (${recordOf(database)}, UNIX_TIMESTAMP() * 1000, CURRENT_USER())`,
    ),
  ];
}

/** The place where migrations are recorded. */
export function stepsToRecord({ database, ownDatabase }: MigrationPlace): readonly MigrationStep[] {
  const own = quoted(ownDatabase);
  return [
    ...(ownDatabase === database ? [] : [step(`CREATE DATABASE IF NOT EXISTS ${own}`)]),
    step(
      `CREATE TABLE IF NOT EXISTS ${own}.pm_schema (name VARCHAR(190) NOT NULL PRIMARY KEY, ` +
        `made_at BIGINT NOT NULL, made_by VARCHAR(190) NOT NULL) ${TABLE_OPTIONS}`,
    ),
  ];
}

/** The record of a migration that runs now, on a cluster. */
export const UNDER_WAY = "'migration under way'";

/** Names are compared byte for byte. */
const TABLE_OPTIONS = 'ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/**
 * The triggers go first: without the column they would fail, and with them every update of the table.
 * `isShared`: other databases have triggers of the same account, or records in our tables; these stay for them.
 */
export function stepsToRevert(
  { database, ownDatabase }: MigrationPlace,
  isShared: { readonly account: boolean; readonly tables: boolean },
): readonly MigrationStep[] {
  const own = quoted(ownDatabase);
  return [
    ...TRIGGERS.map((name) => step(`DROP TRIGGER IF EXISTS ${quoted(database)}.${name}`, NO_SUCH_TRIGGER)),
    step(`ALTER TABLE ${quoted(database)}.STATUS_PROCESS DROP COLUMN alarm_seq`, NO_SUCH_COLUMN),
    ...(isShared.account ? [] : [step(`DROP USER IF EXISTS ${DEFINER}`)]),
    ...(isShared.tables
      ? [step(`DELETE FROM ${own}.pm_schema WHERE name = ${recordOf(database)}`, NO_SUCH_TABLE)]
      : [step(`DROP TABLE IF EXISTS ${own}.pm_lease, ${own}.pm_schema`)]),
  ];
}

/** What the monitor's own account needs once all this is there, and no more. */
export function grantsAfter({ database, ownDatabase }: MigrationPlace, account: string): readonly string[] {
  const own = quoted(ownDatabase);
  return [
    `GRANT SELECT (process_id, process_name) ON ${quoted(database)}.PROCESE TO ${account}`,
    `GRANT SELECT, UPDATE (alarma, notes) ON ${quoted(database)}.STATUS_PROCESS TO ${account}`,
    `GRANT SELECT, INSERT, UPDATE ON ${own}.pm_lease TO ${account}`,
    `GRANT SELECT ON ${own}.pm_schema TO ${account}`,
  ];
}

/** The name under which the migration of this database is recorded in `pm_schema`. */
export function recordOf(database: string): string {
  return literal(`alarm_seq:${database}`);
}

/** Identifiers cannot be parameters. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** In a session of ours a backslash has its usual meaning. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Beside the lock: a password that nobody knows, also where the server's rules forbid an empty one. */
function withoutLogin(version: string): string {
  return isMariadb(version) ? "IDENTIFIED VIA mysql_native_password USING 'invalid'" : 'IDENTIFIED BY RANDOM PASSWORD';
}

function step(sql: string, ...soAlready: readonly number[]): MigrationStep {
  return { sql, soAlready };
}
