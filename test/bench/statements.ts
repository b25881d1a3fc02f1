/** What the database server itself says about when an alarm was read and when it was reset, to the microsecond. */
import type { MonitoredMachine } from '../system/support/monitored-machine.js';
import { pause } from './figures.js';

/** The daemon's `check_interval`. */
const LONGEST_REST_MS = 1000;
/** Its multiples fall into the second as evenly as can be, however many there are. */
const GOLDEN = 0.618;

/** One statement as the server logs it; times in milliseconds since the epoch. */
export interface LoggedStatement {
  readonly beganMs: number;
  readonly tookMs: number;
  readonly changed: number;
  readonly text: string;
}

/** From the beginning of the first look at the alarms. */
export interface Handling {
  /** When that look began, milliseconds since the epoch. */
  readonly beganMs: number;
  readonly toFirstResetMs: number;
  readonly toLastResetMs: number;
}

const isLook = ({ text }: LoggedStatement): boolean => /^\s*SELECT\b[^]*\bSTATUS_PROCESS\b/i.test(text);
const isReset = ({ text, changed }: LoggedStatement): boolean =>
  changed > 0 && /^\s*UPDATE\b[^]*\balarma\s*=\s*0/i.test(text);
export const endOf = ({ beganMs, tookMs }: LoggedStatement): number => beganMs + tookMs;

/** `raisedMs`: when the alarms were in the table. Throws where fewer than `alarms` rows were reset. */
export function handlingOf(statements: readonly LoggedStatement[], raisedMs: number, alarms: number): Handling {
  const after = statements
    .filter(({ beganMs }) => beganMs >= raisedMs)
    .sort((one, other) => one.beganMs - other.beganMs);
  const look = after.find(isLook);
  const resets = after.filter(isReset);
  const rows = resets.reduce((sum, { changed }) => sum + changed, 0);
  if (look === undefined || rows < alarms) throw new Error(`${rows} of ${alarms} resets in ${after.length} statements`);
  const ends = resets.map((reset) => endOf(reset) - look.beganMs);
  return { beganMs: look.beganMs, toFirstResetMs: Math.min(...ends), toLastResetMs: Math.max(...ends) };
}

/** Must be called before the daemon connects: a connection keeps what was set when it was made, but for where it is written. */
export async function prepareStatementLog(host: MonitoredMachine): Promise<void> {
  await host.sql(`SET GLOBAL log_output = 'NONE'; SET GLOBAL long_query_time = 0; SET GLOBAL slow_query_log = 1`);
}

/** Raises these alarms in that database, lets `handle` go on until they are reset, and gives what the server saw. */
export async function timeHandling(
  host: MonitoredMachine,
  { database, ids }: { readonly database: string; readonly ids: readonly number[] },
  handle: () => Promise<void>,
): Promise<Handling> {
  let raisedMs = NaN;
  const statements = await statementsDuring(host, database, async () => {
    const [row] = await host.sql(`
      UPDATE ${database}.STATUS_PROCESS SET alarma = 1, sound = 0 WHERE process_id IN (${ids.join(', ')});
      SELECT UNIX_TIMESTAMP(SYSDATE(6)) * 1000`);
    raisedMs = Number(row?.[0]);
    await handle();
  });
  return handlingOf(statements, raisedMs, ids.length);
}

/** What the server has logged meanwhile of the daemon's user on the alarms of a database. */
export async function statementsDuring(
  host: MonitoredMachine,
  database: string,
  act: () => Promise<void>,
): Promise<readonly LoggedStatement[]> {
  await host.sql(`TRUNCATE mysql.slow_log; SET GLOBAL log_output = 'TABLE'`);
  await act();
  await host.sql(`SET GLOBAL log_output = 'NONE'`);
  return readStatements(host, database);
}

/**
 * As long as an alarm waits for the next look, spread over the second between two looks. Until then the machine is at rest,
 * and the first work after a rest costs more: whoever is compared with the daemon begins after as long a one.
 */
export function restOf(round: number): Promise<void> {
  return pause(LONGEST_REST_MS * ((round * GOLDEN) % 1));
}

/** What the server has logged of the daemon's user on the alarms of a database. */
export async function readStatements(host: MonitoredMachine, database: string): Promise<readonly LoggedStatement[]> {
  const rows = await host.sql(`
    SELECT UNIX_TIMESTAMP(start_time) * 1000, TIME_TO_SEC(query_time) * 1000, rows_affected, sql_text FROM mysql.slow_log
    WHERE db IN ('${database}', '') AND user_host LIKE 'monitor[%' AND sql_text LIKE '%STATUS_PROCESS%'`);
  return rows.map(([began, took, changed, text]) => ({
    ...{ beganMs: Number(began), tookMs: Number(took), changed: Number(changed), text: text ?? '' },
  }));
}
