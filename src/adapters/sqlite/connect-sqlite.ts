/** Puts the parts of the SQLite adapter together. */
import type { AlarmStore, StoreReport } from '../../ports/alarm-store.js';
import { SOLE_OWNER } from '../../ports/ownership.js';
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { SqliteAlarmDesk } from './alarm-desk.js';
import { SqliteAlarmSource } from './alarm-source.js';
import { SqliteAlarmWriter } from './alarm-writer.js';
import type { OpenSqliteDriver } from './driver.js';
import { openLibsqlDriver } from './libsql-driver.js';
import { openNodeDriver } from './node-driver.js';
import { SqliteFile, type SqliteFileOptions } from './sqlite-file.js';

export interface SqliteOptions extends SqliteFileOptions {
  readonly writeBack: 'auto' | 'always' | 'never';
  /** `off`: no row is marked. */
  readonly claims: 'auto' | 'off';
}

export interface SqliteSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Default: Node's own SQLite where it has one, else `libsql`. */
  readonly openDriver?: OpenSqliteDriver;
}

/** Opens the file at the first use, not here, and gives a new one its two tables. */
export function connectSqlite(options: SqliteOptions, surroundings: SqliteSurroundings): AlarmStore {
  const file = new SqliteFile(options, surroundings.openDriver ?? openSqliteDriver, surroundings);
  return {
    source: new SqliteAlarmSource(file),
    writer: new SqliteAlarmWriter(file, options),
    desk: new SqliteAlarmDesk(file),
    // A file has one host, and there the control socket decides.
    own: () => SOLE_OWNER,
    probe: (signal) => report(file, options, signal),
    close: () => file.close(),
  };
}

/** Node's own SQLite where it has one, else `libsql`. */
export const openSqliteDriver: OpenSqliteDriver = async (path) =>
  openNodeDriver(path) ?? (await openLibsqlDriver(path));

async function report(file: SqliteFile, options: SqliteOptions, signal: AbortSignal): Promise<StoreReport> {
  const { version, hasNotes } = await file.read('look at the file', signal, (session) => {
    const [row] = session.rows({ text: 'SELECT sqlite_version() AS version', values: [] });
    return { version: String(row?.['version']), hasNotes: session.scope.hasNotes };
  });
  return {
    server: `SQLite ${version} at ${options.path}`,
    writes: writesOf(options.writeBack, hasNotes),
    facts: [
      `notes: ${hasNotes ? 'text' : 'none'}`,
      `raised again meanwhile: ${claimFact(options, hasNotes)}`,
      `host_id: ${options.hostId === null ? 'not filtered, every host is ours' : `only ${options.hostId}`}`,
    ],
    warnings: hasNotes ? [] : ['STATUS_PROCESS has no column notes: alarms are cleared without a stamp'],
  };
}

/** How an alarm that is raised again while its process is restarted is told from the one that is being handled. */
function claimFact({ claims, writeBack }: SqliteOptions, hasNotes: boolean): string {
  if (claims === 'off') return 'not seen: claims = off';
  if (writeBack === 'never') return 'not seen: nothing is written';
  return hasNotes ? 'seen by a mark in notes' : 'not seen: no column notes';
}

function writesOf(mode: SqliteOptions['writeBack'], hasNotes: boolean): StoreReport['writes'] {
  if (mode === 'never') return 'none';
  return hasNotes ? 'full' : 'alarm_only';
}
