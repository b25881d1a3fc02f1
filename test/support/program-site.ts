/** The built program on a settings file and a database file of its own, run as a child and looked at from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import { onTestFinished } from 'vitest';
import type { SqliteDriver } from '../../src/adapters/sqlite/driver.js';
import { openLibsqlDriver } from '../../src/adapters/sqlite/libsql-driver.js';
import { openNodeDriver } from '../../src/adapters/sqlite/node-driver.js';
import { temporaryDirectory } from './temporary-directory.js';

const PROGRAM = resolve(import.meta.dirname, '../../dist/process-monitor.js');

/** What a run of the program has left. */
export interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Example: `{ id: 1, name: 'web', alarma: 1, sound: 0, notes: 'seen by Ana' }` */
export interface SeededProcess {
  readonly id: number;
  readonly name: string;
  readonly alarma?: number;
  readonly sound?: number;
  readonly notes?: string | null;
  readonly hostId?: number;
}

export interface SiteOptions {
  readonly processes?: readonly SeededProcess[];
  /** Sections on processes, as they stand in the file. `{dir}` stands for the site's directory. */
  readonly sections?: string;
  readonly hostId?: number;
  /** Lines for `[monitor]`. */
  readonly monitor?: string;
}

/** One installation of the program. */
export class ProgramSite {
  readonly directory: string;
  readonly config: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.config = join(directory, 'config.ini');
  }

  /** In a directory that is removed when the test has finished. */
  static async create({ processes, sections = '', hostId, monitor = '' }: SiteOptions): Promise<ProgramSite> {
    if (!existsSync(PROGRAM)) throw new Error('the program is not built: npm run build');
    const site = new ProgramSite(await temporaryDirectory());
    const { directory } = site;
    const text = `[database]
engine = sqlite
path = ${directory}/alarms.db
[monitor]
check_interval = 1
startup_grace = 0
state_dir = ${directory}/state
run_directory = ${directory}/run
${monitor}
[logging]
directory = ${directory}/log
console = on
[self_recovery]
heartbeat_file = ${directory}/heartbeat
${hostId === undefined ? '' : `[host]\nhost_id = ${hostId}`}
${sections.replaceAll('{dir}', directory)}
`;
    await writeFile(site.config, text, { mode: 0o600 });
    if (processes !== undefined) await site.withDatabase((database) => seed(database, processes));
    return site;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  async read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** Runs it to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    return ended(this.start(...args));
  }

  /** Starts it; it is killed when the test has finished. */
  start(...args: readonly string[]): ChildProcess {
    return startProgram(['--config', this.config, ...args]);
  }

  /** Every status row, by id. */
  async rows(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.withDatabase((database) =>
      database.rows('SELECT process_id AS id, alarma, sound, notes FROM STATUS_PROCESS ORDER BY process_id', []),
    );
  }

  async withDatabase<T>(work: (database: SqliteDriver) => T): Promise<T> {
    const database = openNodeDriver(this.path('alarms.db')) ?? (await openLibsqlDriver(this.path('alarms.db')));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }
}

function seed(database: SqliteDriver, processes: readonly SeededProcess[]): void {
  database.exec(
    'CREATE TABLE PROCESE (process_id INTEGER PRIMARY KEY, process_name TEXT);' +
      'CREATE TABLE STATUS_PROCESS (process_id INTEGER PRIMARY KEY, alarma INTEGER, sound INTEGER, notes TEXT, host_id INTEGER);',
  );
  // In one piece: each by itself would wait for the disk.
  database.exec('BEGIN');
  for (const { id, name, alarma = 0, sound = 0, notes = null, hostId = 1 } of processes) {
    database.change('INSERT INTO PROCESE VALUES (?, ?)', [id, name]);
    database.change('INSERT INTO STATUS_PROCESS VALUES (?, ?, ?, ?, ?)', [id, alarma, sound, notes, hostId]);
  }
  database.exec('COMMIT');
}

/** Starts the built program with nothing but these arguments and this environment. */
export function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const child = spawn(execPath, ['--no-warnings', PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...environment },
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

/** Waits for the end and gathers what was written. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const written = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (written.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (written.err += text));
  await once(child, 'close');
  return { exitCode: child.exitCode, ...written };
}

/** Resolves when the child has written a line with these words to standard error. */
export async function says(child: ChildProcess, words: string): Promise<void> {
  let written = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      written += text;
      if (written.includes(words)) resolve();
    });
    child.once('exit', () => reject(new Error(`ended without saying "${words}": ${written}`)));
  });
}
