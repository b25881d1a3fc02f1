/** The statements that make a session safe and tell what server it is on. */
import type { SqlValue, Statement } from './sql.js';

const LONGEST_LOCK_WAIT_S = 5;

/** Asked in this way, a variable that an old server does not know is no error. */
export const READ_SERVER: Statement = {
  what: 'connect',
  text:
    'SHOW GLOBAL VARIABLES WHERE Variable_name IN ' +
    "('version', 'read_only', 'innodb_read_only', 'lower_case_table_names', 'group_replication_group_name')",
  values: [],
};

/** MariaDB has these also where it is in no cluster: then no provider is named, and it is never `ready`. */
export const READ_CLUSTER: Statement = {
  what: 'connect',
  text: "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_provider_name', 'wsrep_ready')",
  values: [],
};

/** On a Galera cluster: what other nodes have committed is seen here, too. A row that was just handled must not look raised. */
export const WAIT_FOR_OTHERS: Statement = { what: 'connect', text: 'SET SESSION wsrep_sync_wait = 1', values: [] };

/**
 * Whatever the server's defaults: UTC, autocommit, refusal instead of silent cutting, `\` and `"` with their usual
 * meaning, and locks that give up before our own deadline does.
 */
export function initSession(queryTimeoutMs: number): Statement {
  const lockWaitS = Math.max(1, Math.min(LONGEST_LOCK_WAIT_S, Math.floor(queryTimeoutMs / 1000) - 1));
  const text =
    "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', " +
    `innodb_lock_wait_timeout = ${lockWaitS}, lock_wait_timeout = ${lockWaitS}, autocommit = 1`;
  return { what: 'connect', text, values: [] };
}

/** Ends a statement at the server that we have given up already; servers older than the variable refuse it with 1193. */
export function limitStatements(version: string, queryTimeoutMs: number): Statement {
  const text = isMariadb(version)
    ? `SET SESSION max_statement_time = ${queryTimeoutMs / 1000}`
    : `SET SESSION max_execution_time = ${queryTimeoutMs}`;
  return { what: 'connect', text, values: [] };
}

export function isMariadb(version: string): boolean {
  return /mariadb/i.test(version);
}

/** MySQL gives these columns back in capitals unless each has an alias. */
export const READ_COLUMNS: Statement = lookUp(
  'look up columns',
  'SELECT table_name AS tableName, column_name AS columnName, data_type AS dataType, is_nullable AS nullable, ' +
    'character_maximum_length AS maxLength, character_set_name AS charset FROM information_schema.columns ' +
    "WHERE table_schema = DATABASE() AND UPPER(table_name) IN ('PROCESE', 'STATUS_PROCESS')",
);

export const READ_INDEXES: Statement = lookUp(
  'look up indexes',
  'SELECT index_name AS indexName, seq_in_index AS position, column_name AS columnName FROM information_schema.statistics ' +
    "WHERE table_schema = DATABASE() AND UPPER(table_name) = 'STATUS_PROCESS' ORDER BY index_name, seq_in_index",
);

/** The number of rows is the server's own estimate: counting a large table would cost more than it tells. */
export const READ_TABLE: Statement = lookUp(
  'look up tables',
  'SELECT table_type AS tableType, table_rows AS estimatedRows FROM information_schema.tables ' +
    "WHERE table_schema = DATABASE() AND UPPER(table_name) = 'STATUS_PROCESS'",
);

/** Refused with the server's own reason where a table, one of its columns or the right to read it is missing. */
export const TOUCH_TABLES: readonly Statement[] = [
  lookUp('look up tables', 'SELECT process_id, alarma, sound FROM STATUS_PROCESS WHERE FALSE'),
  lookUp('look up tables', 'SELECT process_id, process_name FROM PROCESE WHERE FALSE'),
];

function lookUp(what: string, text: string, values: readonly SqlValue[] = []): Statement {
  return { what, text, values };
}
