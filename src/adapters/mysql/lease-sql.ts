/** The statements about the lease: one row for each set of rows that only one monitor may act on. */
import type { SqlValue, Statement } from './sql.js';

/**
 * A lease as it stands in its table. `owner` is unique for each time it is taken, and empty while it is free; `token`
 * counts the takings, `beat` the owner's signs of life. Numbers as text: they are only compared.
 */
export interface LeaseRow {
  readonly owner: string;
  readonly token: string;
  readonly beat: string;
}

/** Which lease, and where. */
export interface LeaseKey {
  readonly name: string;
  /** null: beside the alarms. */
  readonly database: string | null;
}

export function readLease(key: LeaseKey): Statement {
  const text = `SELECT owner AS owner, CAST(token AS CHAR) AS token, CAST(beat AS CHAR) AS beat FROM ${tableOf(key)} WHERE name = ?`;
  return { what: 'read the lease', text, values: [key.name] };
}

/** A free one; does nothing where there is one. */
export function addLease(key: LeaseKey): Statement {
  const text = `INSERT INTO ${tableOf(key)} (name, owner, token, beat) VALUES (?, '', 0, 0) ON DUPLICATE KEY UPDATE name = name`;
  return { what: 'add the lease', text, values: [key.name] };
}

/** Adds nothing, and is refused where `addLease` would be. */
export function tryAddLease(key: LeaseKey): Statement {
  const table = tableOf(key);
  const text = `INSERT INTO ${table} (name, owner, token, beat) SELECT name, owner, token, beat FROM ${table} WHERE 1 = 0`;
  return { what: 'add the lease', text, values: [] };
}

/** 1 row: it is ours. 0 rows: it is not as it was `seen` any more. */
export function takeLease(key: LeaseKey, owner: string, seen: LeaseRow): Statement {
  const text =
    `UPDATE ${tableOf(key)} SET owner = ?, token = token + 1, beat = 0 ` +
    'WHERE name = ? AND owner = ? AND token = CAST(? AS SIGNED) AND beat = CAST(? AS SIGNED)';
  return { what: 'take the lease', text, values: [owner, key.name, seen.owner, seen.token, seen.beat] };
}

/** A sign of life. 0 rows: somebody else has taken it. */
export function renewLease(key: LeaseKey, owner: string): Statement {
  return change(key, 'renew the lease', 'SET beat = beat + 1 WHERE name = ? AND owner = ?', [key.name, owner]);
}

/** From now on anybody may take it. */
export function releaseLease(key: LeaseKey, owner: string): Statement {
  const text = "SET owner = '', token = token + 1 WHERE name = ? AND owner = ?";
  return change(key, 'give the lease back', text, [key.name, owner]);
}

/** Held by a connection for as long as it lives. 1: it is ours; 0: another connection has it. */
export function takeLock(name: string): Statement {
  return { what: 'take the lock', text: 'SELECT GET_LOCK(?, 0) AS isOurs', values: [name] };
}

/** `holderId`: the connection that holds the lock; NULL: nobody. */
export function readLock(name: string): Statement {
  const text = 'SELECT IS_USED_LOCK(?) AS holderId, CONNECTION_ID() AS ourId, DATABASE() AS db';
  return { what: 'look at the lock', text, values: [name] };
}

export function dropLock(name: string): Statement {
  return { what: 'give the lock back', text: 'SELECT RELEASE_LOCK(?) AS isDone', values: [name] };
}

/** Where a connection comes from; no row where this user may not know. */
export function readOrigin(connectionId: string): Statement {
  const text = 'SELECT host AS origin FROM information_schema.processlist WHERE id = CAST(? AS SIGNED)';
  return { what: 'look up who holds the lock', text, values: [connectionId] };
}

/** The server drops a connection, and with it the lock, that has been silent for this long. */
export function dropSilent(seconds: number): Statement {
  return { what: 'connect', text: `SET SESSION wait_timeout = ${seconds}`, values: [] };
}

function change(key: LeaseKey, what: string, rest: string, values: readonly SqlValue[]): Statement {
  return { what, text: `UPDATE ${tableOf(key)} ${rest}`, values };
}

export function tableOf({ database }: LeaseKey): string {
  return database === null ? 'pm_lease' : `\`${database.replaceAll('`', '``')}\`.pm_lease`;
}
