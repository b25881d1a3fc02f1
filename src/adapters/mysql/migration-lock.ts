/** Keeps two migrations apart: on one server by a lock of the server, on a cluster by a row that only one node can make. */
import type { Clock } from '../../ports/clock.js';
import { StoreError } from '../../ports/store-error.js';
import type { ServerConnection } from './connection.js';
import { errorNumberOf } from './errors.js';
import { quoted, stepsToRecord, UNDER_WAY, type MigrationPlace } from './migration-plan.js';
import { numberOf } from './row.js';
import type { Statement } from './sql.js';

const WAIT_S = 60;
const LOOK_EVERY_MS = 500;
const LOCK = "'process_monitor_migrate'";
const NO_SUCH_TABLE = 1146;
/** Another's row, also one that another node has just made; or a table that another has just taken away. */
const PASSING = new Set([1062, 1213, NO_SUCH_TABLE]);

interface Alone<T> {
  readonly place: MigrationPlace;
  readonly clock: Clock;
  readonly run: () => Promise<T>;
}

/** Throws `StoreError` where another migration does not come to its end. */
export async function aloneOn<T>(
  connection: ServerConnection,
  { place, clock, run }: Alone<T>,
  signal: AbortSignal,
): Promise<T> {
  await lockServer(connection, signal);
  if (!connection.server.isClustered) return run();
  // Two nodes that make the same trigger at once wait for each other for ever.
  await takeRow(connection, { place, clock }, signal);
  try {
    return await run();
  } finally {
    await giveRowBack(connection, place, signal);
  }
}

async function lockServer(connection: ServerConnection, signal: AbortSignal): Promise<void> {
  try {
    const [row] = await connection.rows(ask(`SELECT GET_LOCK(${LOCK}, ${WAIT_S}) AS isOurs`), signal);
    if (numberOf(row?.['isOurs']) === 1) return;
  } catch (error) {
    // A server without such locks, or one whose cluster forbids them.
    if (!(error instanceof StoreError) || connection.end !== 'none') throw error;
    return;
  }
  throw new StoreError(`migrate on ${connection.where}: another migration is under way`, 'busy', true);
}

async function takeRow(
  connection: ServerConnection,
  { place, clock }: Omit<Alone<never>, 'run'>,
  signal: AbortSignal,
): Promise<void> {
  const table = `${quoted(place.ownDatabase)}.pm_schema`;
  const giveUpAtMs = clock.monotonicMs() + WAIT_S * 1000;
  while (clock.monotonicMs() < giveUpAtMs && !signal.aborted) {
    if (await tryRow(connection, place, signal)) return;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  throw new StoreError(
    `migrate on ${connection.where}: another migration is under way on this cluster; where none is, one was cut off: ` +
      `DELETE FROM ${table} WHERE name = ${UNDER_WAY}`,
    'busy',
    true,
  );
}

/** false: it is another's. Makes the table where there is none. */
async function tryRow(connection: ServerConnection, place: MigrationPlace, signal: AbortSignal): Promise<boolean> {
  for (const { sql } of stepsToRecord(place)) await connection.run(ask(sql), signal);
  const columns = 'name, made_at, made_by';
  const values = `${UNDER_WAY}, UNIX_TIMESTAMP() * 1000, CURRENT_USER()`;
  const insert = `INSERT INTO ${quoted(place.ownDatabase)}.pm_schema (${columns}) VALUES (${values})`;
  try {
    await connection.run(ask(insert), signal);
    return true;
  } catch (error) {
    const number = error instanceof StoreError ? errorNumberOf(error.cause) : null;
    if (number === null || !PASSING.has(number)) throw error;
    return false;
  }
}

async function giveRowBack(connection: ServerConnection, place: MigrationPlace, signal: AbortSignal): Promise<void> {
  const text = `DELETE FROM ${quoted(place.ownDatabase)}.pm_schema WHERE name = ${UNDER_WAY}`;
  await connection.run(ask(text), signal).catch((error: unknown) => {
    // Taken back, our tables are gone, and the row with them.
    if (!(error instanceof StoreError) || errorNumberOf(error.cause) !== NO_SUCH_TABLE) throw error;
  });
}

function ask(text: string): Statement {
  return { what: 'migrate', text, values: [] };
}
