/** One database file that several programs may share: opened when first needed, waited for without blocking the program. */
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { geteuid } from 'node:process';
import { distrustText, judgePath } from '../../domain/file-trust.js';
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import type { OpenSqliteDriver, SqliteDriver, SqliteRow } from './driver.js';
import { toStoreError } from './errors.js';
import { giveNewFileToOwnerOfDirectory } from './new-file.js';
import { createTables, READ_COLUMNS, type Scope, type Statement } from './sql.js';

/** SQLite's own wait stops the whole program, so it is kept short; the longer wait is ours, between tries. */
const OWN_WAIT_MS = 10;
const PAUSE_MS = 40;
const NEEDED = ['STATUS_PROCESS.process_id', 'STATUS_PROCESS.alarma', 'STATUS_PROCESS.sound'];
const NEEDED_NAMES = ['PROCESE.process_id', 'PROCESE.process_name'];

export interface SqliteFileOptions {
  readonly path: string;
  /** How long a file that another program has locked is waited for. */
  readonly queryTimeoutMs: number;
  readonly hostId: number | null;
  /** Whose file and directory are trusted beside root's; default: ours. */
  readonly owners?: readonly number[];
}

/** The open file within one piece of work. */
export interface SqliteSession {
  readonly scope: Scope;
  rows(statement: Statement): readonly SqliteRow[];
  change(statement: Statement): number;
}

interface OpenFile {
  readonly driver: SqliteDriver;
  readonly session: SqliteSession;
}

export class SqliteFile {
  readonly path: string;
  readonly #options: SqliteFileOptions;
  readonly #openDriver: OpenSqliteDriver;
  readonly #clock: Clock;
  readonly #random: Random;
  #open: Promise<OpenFile> | null = null;
  #isClosed = false;

  constructor(
    options: SqliteFileOptions,
    openDriver: OpenSqliteDriver,
    surroundings: { readonly clock: Clock; readonly random: Random },
  ) {
    this.path = options.path;
    this.#options = options;
    this.#openDriver = openDriver;
    this.#clock = surroundings.clock;
    this.#random = surroundings.random;
  }

  /** Throws `StoreError`. */
  async read<T>(what: string, signal: AbortSignal, work: (session: SqliteSession) => T): Promise<T> {
    return this.#withoutLock(what, signal, ({ session }) => work(session));
  }

  /** All or nothing, and nobody writes in between. Throws `StoreError`. */
  async write<T>(what: string, signal: AbortSignal, work: (session: SqliteSession) => T): Promise<T> {
    return this.#withoutLock(what, signal, ({ driver, session }) => inTransaction(driver, () => work(session)));
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#drop();
  }

  /** Tries again, for as long as the settings allow, while another program holds the file. */
  async #withoutLock<T>(what: string, signal: AbortSignal, work: (file: OpenFile) => T): Promise<T> {
    const giveUpAtMs = this.#clock.monotonicMs() + this.#options.queryTimeoutMs;
    for (;;) {
      if (signal.aborted || this.#isClosed) throw this.#stopped(what);
      try {
        return work(await this.#opened());
      } catch (cause) {
        const error = toStoreError(what, this.path, cause);
        if (error.code !== 'busy') await this.#dropAfter(error);
        if (error.code !== 'busy' || this.#clock.monotonicMs() >= giveUpAtMs) throw error;
      }
      await this.#clock.sleep(PAUSE_MS * (0.5 + this.#random.fraction()), signal);
    }
  }

  #opened(): Promise<OpenFile> {
    this.#open ??= this.#openFile().catch((cause: unknown) => {
      this.#open = null;
      throw cause;
    });
    return this.#open;
  }

  async #openFile(): Promise<OpenFile> {
    refuseUntrusted(this.path, this.#options.owners ?? [geteuid?.() ?? 0]);
    giveNewFileToOwnerOfDirectory(this.path);
    const driver = await this.#openDriver(this.path);
    try {
      driver.exec(`PRAGMA busy_timeout = ${OWN_WAIT_MS}`);
      const scope = prepareTables(driver, this.#options);
      const session: SqliteSession = {
        scope,
        rows: ({ text, values }) => driver.rows(text, values),
        change: ({ text, values }) => driver.change(text, values),
      };
      return { driver, session };
    } catch (cause) {
      driver.close();
      throw cause;
    }
  }

  /** The file may be mended or replaced by the next call: nothing of it is kept. */
  async #dropAfter(error: StoreError): Promise<void> {
    if (error.code !== 'bad_value') await this.#drop();
  }

  async #drop(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    const file = await open?.catch(() => null);
    file?.driver.close();
  }

  #stopped(what: string): StoreError {
    return new StoreError(`${what} in ${this.path}: given up because the monitor is stopping`, 'unreachable', true);
  }
}

const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };

/**
 * The file, and the directory where SQLite makes its companions under names that everybody knows. A group may share them:
 * whoever raises alarms writes there too. Throws `StoreError`.
 */
function refuseUntrusted(path: string, owners: readonly number[]): void {
  const rules = { owners, isShared: true };
  const file = resolve(path);
  for (const trust of [
    judgePath(dirname(file), EYES, { ...rules, what: 'directory' }),
    judgePath(file, EYES, { ...rules, what: 'written' }),
  ]) {
    if (trust.kind !== 'distrusted') continue;
    throw new StoreError(`open ${path}: ${distrustText(trust)}`, 'configuration', false);
  }
}

function inTransaction<T>(driver: SqliteDriver, work: () => T): T {
  driver.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    driver.exec('COMMIT');
    return result;
  } catch (cause) {
    rollBack(driver);
    throw cause;
  }
}

/** SQLite has done it by itself after the worst failures, and then refuses: the failure matters more than that. */
function rollBack(driver: SqliteDriver): void {
  try {
    driver.exec('ROLLBACK');
  } catch {
    // Where it failed for another reason, the file is closed because of the first failure.
  }
}

/** A file without any table is new and gets ours; one with other tables only is somebody else's and gets none. */
function prepareTables(driver: SqliteDriver, { hostId, path }: SqliteFileOptions): Scope {
  let columns = readColumns(driver);
  if (columns.size === 0) {
    driver.exec('PRAGMA journal_mode = WAL');
    inTransaction(driver, () => driver.exec(createTables(hostId)));
    columns = readColumns(driver);
  }
  const missing = [...NEEDED, ...NEEDED_NAMES, ...(hostId === null ? [] : ['STATUS_PROCESS.host_id'])].filter(
    (column) => !columns.has(column),
  );
  if (missing.length > 0) {
    const advice = missing.includes('STATUS_PROCESS.host_id')
      ? 'add it, or remove host_id from the settings'
      : 'add it';
    throw new StoreError(`look up columns in ${path}: ${missing.join(', ')} is missing; ${advice}`, 'schema', false);
  }
  return { hostId, hasNotes: columns.has('STATUS_PROCESS.notes') };
}

function readColumns(driver: SqliteDriver): ReadonlySet<string> {
  const rows = driver.rows(READ_COLUMNS.text, READ_COLUMNS.values);
  return new Set(rows.map((row) => `${String(row['tableName'])}.${String(row['columnName'])}`));
}
