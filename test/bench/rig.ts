/** The machine that everything is measured on: the installed daemon, its settings, and the bare limit beside it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PROJECT_DIRECTORY } from '../system/support/machine.js';
import { bootMonitored, CONFIG_FILE, LOG_DIRECTORY, type LogLine } from '../system/support/monitored-machine.js';
import type { MonitoredMachine } from '../system/support/monitored-machine.js';
import { LineProgram } from './line-program.js';
import type { DriverAnswer, DriverRequest } from './machine/driver.js';
import { prepareStatementLog } from './statements.js';

/** Units `bench-1` to `bench-500`: processes 1 to 500. */
export const UNITS = 500;
/** Handlings that hang: processes 501 to 520 by their command, 521 to 540 by their health check. */
export const HANGING = 20;
/** After a start one look only looks. */
export const UNTIL_IT_ACTS_MS = 2500;
const PROGRAMS = '/opt/bench';
const UNIT = '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\n';

const numbers = (length: number, first = 1): readonly number[] => Array.from({ length }, (_, index) => first + index);
export const UNIT_NAMES = numbers(UNITS).map((number) => `bench-${number}`);
const HANGING_COMMANDS = numbers(HANGING).map((number) => `hang-${number}`);
const HANGING_CHECKS = numbers(HANGING).map((number) => `sick-${number}`);
export const HANGING_COMMAND_IDS = numbers(HANGING, UNITS + 1);
export const HANGING_CHECK_IDS = numbers(HANGING, UNITS + HANGING + 1);
/** Longer than a measurement, so that what waits for a hanging handling is seen to. */
const HANG_SECONDS = 5;

export type Driver = LineProgram<DriverRequest, DriverAnswer>;

export interface Rig extends AsyncDisposable {
  readonly host: MonitoredMachine;
  readonly quick: boolean;
  /** Command that runs the program of `machine/` with that name, in the machine. */
  program(name: string): readonly string[];
  /** The limit with the rights of the daemon, and with root's. */
  readonly drivers: { readonly daemon: Driver; readonly root: Driver };
}

/** Further lines of `[monitor]`, and what else differs from one measurement to the next. */
export interface Settings {
  readonly monitor?: string;
  readonly level?: 'info' | 'debug';
}

export const LEAN_POLICY = `restart_strategy = service
settle_time = 0
stable_time = 0
max_attempts = 1
max_restart_failures = 1000
restart_budget = 0`;

const SECTIONS = `[process.default]
${LEAN_POLICY}
command_timeout = ${HANG_SECONDS}
health_check_timeout = ${HANG_SECONDS}
${UNIT_NAMES.map((name) => `[process.${name}]`).join('\n')}
${HANGING_COMMANDS.map((name) => `[process.${name}]\nrestart_strategy = custom\nrestart_command = sleep 600\nhealth_check_command = true`).join('\n')}
${HANGING_CHECKS.map((name, index) => `[process.${name}]\nsystem_name = bench-${UNITS - index}\nhealth_check_command = sleep 600`).join('\n')}
`;

const NO_BRAKE = 'mass_alarm_percent = 0\nrestart_budget = 0';

function settingsOf({ monitor = '', level = 'info' }: Settings): {
  monitor: string;
  logging: string;
  processes: string;
} {
  return {
    monitor: `${NO_BRAKE}\n${monitor}`,
    logging: `level = ${level}\nmax_log_size = 102400`,
    processes: SECTIONS,
  };
}

/** Boots it, with the units running and the daemon stopped. */
export async function bootRig(quick: boolean): Promise<Rig> {
  const units = Object.fromEntries(UNIT_NAMES.map((name) => [`${name}.service`, UNIT]));
  const host = await bootMonitored({ name: 'bench', units, ...settingsOf({}) });
  try {
    await prepareStatementLog(host);
    await host.addProcesses([...UNIT_NAMES, ...HANGING_COMMANDS, ...HANGING_CHECKS]);
    await host.sql(`SET GLOBAL userstat = 1; CREATE DATABASE limit_;
      CREATE TABLE limit_.STATUS_PROCESS LIKE STATUS_PROCESS;
      INSERT INTO limit_.STATUS_PROCESS SELECT * FROM STATUS_PROCESS;
      GRANT SELECT, UPDATE ON limit_.* TO monitor@'%';
      CREATE USER bench@'%' IDENTIFIED BY '${host.databasePassword}'; GRANT SELECT ON *.* TO bench@'%'`);
    await host.machine.must(`systemctl start ${UNIT_NAMES.join(' ')}`, { timeoutMs: 120_000 });
    await copyPrograms(host);
    const program = (name: string): readonly string[] => [process.execPath, `${PROGRAMS}/${name}.mjs`];
    const driver = (prefix: readonly string[]): Driver =>
      new LineProgram(host.machine, [...prefix, ...program('driver'), host.databasePassword]);
    const drivers = {
      daemon: driver(['setpriv', '--reuid=process-monitor', '--regid=process-monitor', '--clear-groups']),
      root: driver([]),
    };
    const dispose = async (): Promise<void> => host.machine.stop();
    return { host, quick, program, drivers, [Symbol.asyncDispose]: dispose };
  } catch (cause: unknown) {
    await host.machine.stop();
    throw cause;
  }
}

async function copyPrograms(host: MonitoredMachine): Promise<void> {
  const outdir = join(PROJECT_DIRECTORY, '.cache/bench');
  await mkdir(outdir, { recursive: true });
  const names = ['driver', 'looker', 'first-look', 'packages'];
  await build({
    entryPoints: names.map((name) => join(PROJECT_DIRECTORY, `test/bench/machine/${name}.ts`)),
    outdir,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, minify: true, platform: 'node', format: 'esm', target: 'node20.17', legalComments: 'none' },
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
  for (const name of names) await host.machine.copyIn(join(outdir, `${name}.mjs`), `${PROGRAMS}/${name}.mjs`);
}

/** Starts the daemon with these settings and waits until it looks. Rights stay as they are. */
export async function startDaemon({ host }: Rig, settings: Settings): Promise<void> {
  await host.machine.must('systemctl stop process-monitor');
  await writeSettings(host, settings);
  await host.machine.must(`rm -rf ${LOG_DIRECTORY}/*; systemctl start process-monitor`);
}

/** The daemon goes on with these settings. */
export async function reloadDaemon({ host }: Rig, settings: Settings): Promise<void> {
  await writeSettings(host, settings);
  await host.machine.must('systemctl reload process-monitor');
}

async function writeSettings(host: MonitoredMachine, settings: Settings): Promise<void> {
  const { monitor, logging, processes } = settingsOf(settings);
  const text = await host.machine.read(CONFIG_FILE);
  const head = text.slice(0, text.indexOf('[monitor]'));
  const lines = ['[monitor]', 'check_interval = 1', 'startup_grace = 0', monitor];
  const log = ['[logging]', `directory = ${LOG_DIRECTORY}`, 'format = json', logging];
  await host.machine.write(CONFIG_FILE, [head, ...lines, ...log, processes].join('\n'), 0o640);
}

export async function stopDaemon({ host }: Rig): Promise<void> {
  await host.machine.must('systemctl stop process-monitor');
}

/** A place in the log, for `logSince`. */
export async function logMark({ host }: Rig): Promise<number> {
  return Number(await host.machine.must(`wc -l <${LOG_DIRECTORY}/current.log`));
}

export async function logSince({ host }: Rig, mark: number): Promise<readonly LogLine[]> {
  const text = await host.machine.must(`tail -n +${mark + 1} ${LOG_DIRECTORY}/current.log`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}
