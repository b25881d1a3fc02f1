/**
 * The bare limit, in the machine: restarts units with nothing but an open connection to D-Bus and one to the database,
 * and the two statements. Reads one JSON request per line, answers each with one line. Argument: the password.
 */
import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { connectBus, type Bus } from './bus.js';

export type DriverRequest =
  /** Restarts all units over D-Bus, so many at once, and clears the row of each as it is done. */
  | { readonly way: 'bus'; readonly units: readonly string[]; readonly inFlight: number }
  /** One `systemctl restart` for all, then the rows. */
  | { readonly way: 'systemctl'; readonly units: readonly string[] }
  /** Until no row of that database is in alarm, or that one row is not. */
  | { readonly way: 'wait'; readonly database: string; readonly processId?: number; readonly timeoutMs: number };

/** Processor time of the driver itself. */
export type DriverAnswer = { readonly cpuMs: number } | { readonly error: string };

const READ = 'SELECT process_id FROM limit_.STATUS_PROCESS WHERE alarma = 1 AND sound = 0';
const RESET =
  "UPDATE limit_.STATUS_PROCESS SET alarma = 0, notes = 'x' WHERE process_id = ? AND alarma = 1 AND sound = 0";
const WAIT_EVERY_MS = 40;

async function main(password: string): Promise<void> {
  const login = { host: '127.0.0.1', password };
  const [rows, watch] = await Promise.all([
    createConnection({ ...login, user: 'monitor' }),
    createConnection({ ...login, user: 'bench' }),
  ]);
  // The server may be stopped under us; who asks is told by the next statement.
  for (const connection of [rows, watch]) connection.on('error', () => undefined);
  const bus = await connectBus();
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await serve(JSON.parse(line) as DriverRequest, { rows, watch, bus }).catch(
      (cause: unknown): DriverAnswer => ({ error: String(cause) }),
    );
    console.log(JSON.stringify(answer));
  }
  bus.close();
  await Promise.all([rows.end(), watch.end()]);
}

interface Open {
  readonly rows: Connection;
  readonly watch: Connection;
  readonly bus: Bus;
}

async function serve(request: DriverRequest, { rows, watch, bus }: Open): Promise<DriverAnswer> {
  const before = process.cpuUsage();
  if (request.way === 'wait') await untilClear(watch, request);
  else {
    await rows.execute(READ);
    if (request.way === 'bus') await overBus(rows, bus, request);
    else {
      await promisify(execFile)('systemctl', ['restart', '--', ...request.units]);
      await Promise.all(request.units.map((unit) => reset(rows, unit)));
    }
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000 };
}

async function overBus(
  rows: Connection,
  bus: Bus,
  { units, inFlight }: { readonly units: readonly string[]; readonly inFlight: number },
): Promise<void> {
  const waiting = [...units];
  const worker = async (): Promise<void> => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      await bus.restart(unit);
      await reset(rows, unit);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, units.length) }, worker));
}

/** `bench-7.service` is the process with the number 7. */
async function reset(rows: Connection, unit: string): Promise<void> {
  await rows.execute(RESET, [Number(/\d+/.exec(unit)?.[0])]);
}

async function untilClear(
  watch: Connection,
  { database, processId, timeoutMs }: DriverRequest & { readonly way: 'wait' },
): Promise<void> {
  const which = processId === undefined ? '' : ` AND process_id = ${processId}`;
  for (const deadline = Date.now() + timeoutMs; ;) {
    const [rows] = await watch.query<RowDataPacket[]>(
      `SELECT 1 FROM ${database}.STATUS_PROCESS WHERE alarma = 1${which} LIMIT 1`,
    );
    if (rows.length === 0) return;
    if (Date.now() > deadline) throw new Error(`there are still alarms in ${database} after ${timeoutMs} ms`);
    await sleep(WAIT_EVERY_MS);
  }
}

await main(process.argv[2] ?? '');
