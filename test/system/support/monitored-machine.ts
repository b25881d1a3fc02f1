/** A test machine with the daemon installed as its unit beside a MariaDB that holds the two tables. */
import { join } from 'node:path';
import { env } from 'node:process';
import type { BootedMachine } from './booted-machine.js';
import { grantUnits } from './grant-units.js';
import { bootMachine, PROJECT_DIRECTORY } from './machine.js';
import { describeRun } from './run-program.js';

export const CONFIG_FILE = '/etc/process_monitor/config.ini';
export const LOG_DIRECTORY = '/var/log/process-monitor';
export const STATE_FILE = '/var/lib/process-monitor/state.json';
const PASSWORD_FILE = '/etc/process_monitor/db_password';
const PASSWORD = 'Caragiale#1852;x=y';

/** One line of the daemon's log; the fields that tests look at. */
export interface LogLine {
  readonly event?: string;
  readonly level: string;
  readonly message: string;
  readonly timestamp: string;
  readonly processName?: string;
  readonly processId?: number;
  readonly alarmId?: string;
  readonly reason?: string;
  readonly outcome?: string;
  readonly detail?: string;
  readonly attempt?: number;
  readonly durationMs?: number;
  /** Of a cycle: rows in alarm. */
  readonly alarmed?: number;
}

export interface StatusRow {
  readonly alarma: string | null;
  readonly sound: string | null;
  readonly notes: string | null;
}

export interface MonitoredOptions {
  readonly name: string;
  /** Unit files by name. */
  readonly units?: Readonly<Record<string, string>>;
  /** Sections for `[process.…]`, as INI text. */
  readonly processes?: string;
  /** Further lines of `[database]`. */
  readonly database?: string;
  /** Further lines of `[monitor]`. */
  readonly monitor?: string;
  /** Further lines of `[logging]`. */
  readonly logging?: string;
  /** Further sections. */
  readonly sections?: string;
  /** Replaces the two tables; runs in the database `monitor`. */
  readonly schema?: string;
  /** Directories that the daemon's commands write to: made, its user's own, and opened in its sandbox. */
  readonly writable?: readonly string[];
  /** Installs the daemon to run as root; default: as its own user, who may restart what the settings name. */
  readonly asRoot?: boolean;
}

const SCHEMA = `
  CREATE TABLE PROCESE (process_id INT PRIMARY KEY, process_name VARCHAR(255)) CHARACTER SET utf8mb4;
  CREATE TABLE STATUS_PROCESS (process_id INT PRIMARY KEY, alarma TINYINT, sound TINYINT, notes VARCHAR(100)) CHARACTER SET utf8mb4;`;

export class MonitoredMachine implements AsyncDisposable {
  /** Of the user that the daemon logs in as. */
  readonly databasePassword = PASSWORD;
  readonly machine: BootedMachine;
  readonly #isRoot: boolean;

  constructor(machine: BootedMachine, { isRoot }: { readonly isRoot: boolean }) {
    this.machine = machine;
    this.#isRoot = isRoot;
  }

  /** Adds processes with clear rows, numbered from `first`. */
  async addProcesses(names: readonly string[], first = 1): Promise<void> {
    const quoted = names.map((name) => `'${name.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`);
    const processes = quoted.map((name, index) => `(${first + index}, ${name})`).join(', ');
    const rows = names.map((_, index) => `(${first + index}, 0, 0, 'by hand')`).join(', ');
    await this.sql(`INSERT INTO PROCESE VALUES ${processes}; INSERT INTO STATUS_PROCESS VALUES ${rows}`);
  }

  sql(statements: string): ReturnType<BootedMachine['sql']> {
    return this.machine.sql(`USE monitor; ${statements}`);
  }

  async raise(...ids: readonly number[]): Promise<void> {
    await this.sql(`UPDATE STATUS_PROCESS SET alarma = 1, sound = 0 WHERE process_id IN (${ids.join(', ')})`);
  }

  async row(id: number): Promise<StatusRow> {
    const [row] = await this.sql(`SELECT alarma, sound, notes FROM STATUS_PROCESS WHERE process_id = ${id}`);
    if (row === undefined) throw new Error(`no row ${id}`);
    return { alarma: row[0] ?? null, sound: row[1] ?? null, notes: row[2] ?? null };
  }

  async waitUntilClear(id: number, timeoutMs = 40_000): Promise<void> {
    const what = `the alarm of process ${id} to be cleared`;
    await this.machine.waitFor(async () => (await this.row(id)).alarma === '0', { what, timeoutMs });
  }

  /** Ends the daemon's connections to the server; gives their numbers. One that has gone by itself meanwhile is no fault. */
  async killConnections(): Promise<readonly string[]> {
    const ours = await this.sql("SELECT id FROM information_schema.processlist WHERE user = 'monitor'");
    const numbers = ours.map(([number]) => number ?? '');
    for (const number of numbers)
      await this.sql(`KILL ${number}`).catch((cause: unknown) => {
        if (!String(cause).includes('ERROR 1094')) throw cause;
      });
    return numbers;
  }

  start(): Promise<string> {
    return this.machine.must('systemctl start process-monitor');
  }

  /** Replaces the settings and grants what they name; the settings take effect at the next start. */
  async configure(options: Omit<MonitoredOptions, 'name' | 'units' | 'schema' | 'asRoot' | 'writable'>): Promise<void> {
    await this.machine.write(CONFIG_FILE, configText(options), 0o640);
    if (!this.#isRoot) await grantUnits(this.machine);
  }

  /** The whole log so far, oldest line first, over all its files. */
  async log(): Promise<readonly LogLine[]> {
    const files = `ls ${LOG_DIRECTORY}/process-monitor.*.log 2>/dev/null | sort -t. -k2 -n`;
    const read = async (): Promise<readonly LogLine[]> => {
      const { code, stdout } = await this.machine.sh(`for file in $(${files}); do cat "$file" || exit; done`);
      if (code !== 0) throw new Error('a log file is gone');
      return logLines(stdout);
    };
    // An old file may go between the list and the look.
    return read().catch(read);
  }

  /** Log lines of one event, of one process where it is named. */
  async events(event: string, processName?: string): Promise<readonly LogLine[]> {
    const lines = await this.log();
    return lines.filter(
      (line) => line.event === event && (processName === undefined || line.processName === processName),
    );
  }

  async waitForEvent(event: string, options: EventWait = {}): Promise<readonly LogLine[]> {
    const { processName, count = 1, timeoutMs = 40_000 } = options;
    let found: readonly LogLine[] = [];
    const isThere = async (): Promise<boolean> => {
      found = await this.events(event, processName);
      return found.length >= count;
    };
    await this.machine.waitFor(isThere, { what: `${count} × ${event} of ${processName ?? 'anybody'}`, timeoutMs });
    return found;
  }

  /** A property of a unit, as systemd shows it. */
  show(unit: string, property: string): Promise<string> {
    return this.machine.must(`systemctl show -p ${property} --value -- ${unit}`);
  }

  /** The command of the installed program. */
  cli(args: string): ReturnType<BootedMachine['sh']> {
    return this.machine.sh(`process-monitor ${args}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.machine.stop();
  }
}

export interface EventWait {
  readonly processName?: string;
  readonly count?: number;
  readonly timeoutMs?: number;
}

/** What a daemon has written so far; of its last line there may be only a part. */
export function logLines(text: string): readonly LogLine[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** `UNIT_MANAGER` in the environment sends a whole run over one way to systemd, where a test says nothing of its own. */
function wayOf(monitor: string): string {
  const way = env['UNIT_MANAGER'];
  return way === undefined || monitor.includes('unit_manager') ? '' : `unit_manager = ${way}\n`;
}

function configText({
  processes = '',
  database = '',
  monitor = '',
  logging = '',
  sections = '',
}: Omit<MonitoredOptions, 'name'>): string {
  return `[database]
host = 127.0.0.1
user = monitor
password_file = ${PASSWORD_FILE}
database = monitor
${database}

[monitor]
check_interval = 1
startup_grace = 0
${wayOf(monitor)}${monitor}

[logging]
directory = ${LOG_DIRECTORY}
format = json
${logging.includes('level =') ? logging : `level = debug\n${logging}`}

${sections}
${processes}
`;
}

/** Boots, makes the database, installs the program with its own installer and the settings; starts nothing. */
export async function bootMonitored(options: MonitoredOptions): Promise<MonitoredMachine> {
  const machine = await bootMachine({ name: options.name, mariadb: true });
  try {
    await machine.sql(`CREATE DATABASE monitor; CREATE USER monitor@'%' IDENTIFIED BY '${PASSWORD}';
      GRANT SELECT, INSERT, UPDATE ON monitor.* TO monitor@'%'; USE monitor; ${options.schema ?? SCHEMA}`);
    const { asRoot = false } = options;
    const words = `--node ${process.execPath}${asRoot ? ' --as-root' : ''}`;
    const install = `sh ${join(PROJECT_DIRECTORY, 'scripts/install.sh')} ${words}`;
    const installed = await machine.sh(install, { timeoutMs: 60_000 });
    if (installed.code !== 0) throw new Error(`install: ${describeRun(installed)}`);
    await machine.write(PASSWORD_FILE, `${PASSWORD}\n`, 0o640);
    await machine.must(`chgrp process-monitor ${PASSWORD_FILE}`);
    // Rights are granted to units, so these come first.
    await machine.installUnits({ ...options.units, ...(await openSandbox(machine, options)) });
    const monitored = new MonitoredMachine(machine, { isRoot: asRoot });
    await monitored.configure(options);
    return monitored;
  } catch (cause: unknown) {
    await machine.stop();
    throw cause;
  }
}

/** The drop-in that an operator would write. */
async function openSandbox(
  machine: BootedMachine,
  { writable = [] }: MonitoredOptions,
): Promise<Readonly<Record<string, string>>> {
  if (writable.length === 0) return {};
  await machine.must(`install -d -o process-monitor ${writable.join(' ')}`);
  return { 'process-monitor.service.d/writable.conf': `[Service]\nReadWritePaths=${writable.join(' ')}\n` };
}

/** A unit whose program just runs. */
export const SLEEPER = '[Service]\nExecStart=/bin/sleep infinity\n';
