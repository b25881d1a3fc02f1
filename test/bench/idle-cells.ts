/** Monitors that have nothing to do, side by side, each with tables, a database user and a unit of its own. */
import { CONFIG_FILE } from '../system/support/monitored-machine.js';
import { LEAN_POLICY, type Rig } from './rig.js';

/** One daemon, or one bare loop (`program`), that looks at tables with so many rows. */
export interface Cell {
  /** Its unit, database and database user. */
  readonly name: string;
  readonly what: string;
  readonly everySeconds: number;
  readonly rows: number;
  readonly indexed: boolean;
  readonly kind: 'daemon' | 'looker' | 'timer';
}

const daemon = (rows: number, indexed: boolean): Cell => ({
  name: `idle_${rows}_${indexed ? 'indexed' : 'plain'}`,
  what: `${rows.toLocaleString('en')} rows, ${indexed ? 'with an index' : 'no index'}`,
  ...{ everySeconds: 1, rows, indexed, kind: 'daemon' },
});

export const EACH_SECOND: readonly Cell[] = [10, 1000, 100_000].flatMap((rows) => [
  daemon(rows, false),
  daemon(rows, true),
]);
export const EACH_30_SECONDS: Cell = { ...daemon(1000, true), name: 'idle_30s', everySeconds: 30 };
export const LOOKER: Cell = { ...daemon(1000, true), name: 'looker_1s', what: 'a bare query loop', kind: 'looker' };
export const LOOKER_30: Cell = { ...LOOKER, name: 'looker_30s', everySeconds: 30 };
export const TIMER: Cell = { ...LOOKER, name: 'timer', what: 'a bare timer', kind: 'timer' };
export const ALL_CELLS: readonly Cell[] = [...EACH_SECOND, EACH_30_SECONDS, LOOKER, LOOKER_30, TIMER];

/** Starts them all; the installed daemon must not run. */
export async function startCells(rig: Rig): Promise<void> {
  const { machine } = rig.host;
  const shipped = await machine.read('/etc/systemd/system/process-monitor.service');
  const password = /^password_file = (.*)$/m.exec(await machine.read(CONFIG_FILE))?.[1] ?? '';
  const units: Record<string, string> = {};
  for (const cell of ALL_CELLS) {
    if (cell.kind !== 'timer') await makeTables(rig, cell);
    if (cell.kind === 'daemon') await machine.write(configOf(cell), settingsOf(cell, password), 0o640);
    units[`${cell.name}.service`] = cell.kind === 'daemon' ? daemonUnit(shipped, cell) : bareUnit(rig, shipped, cell);
  }
  await machine.must('chgrp process-monitor /etc/process_monitor/*.ini');
  await machine.installUnits(units);
  await machine.must(`systemctl start ${ALL_CELLS.map(({ name }) => name).join(' ')}`, { timeoutMs: 60_000 });
}

export async function stopCells({ host }: Rig): Promise<void> {
  await host.machine.must(`systemctl stop ${ALL_CELLS.map(({ name }) => name).join(' ')}`, { timeoutMs: 120_000 });
  await host.sql(ALL_CELLS.map(({ name }) => `DROP DATABASE IF EXISTS ${name}`).join('; '));
}

async function makeTables({ host }: Rig, { name, rows, indexed }: Cell): Promise<void> {
  await host.sql(`CREATE DATABASE ${name}; USE ${name};
    CREATE TABLE PROCESE LIKE monitor.PROCESE; CREATE TABLE STATUS_PROCESS LIKE monitor.STATUS_PROCESS;
    INSERT INTO PROCESE SELECT seq, CONCAT('app-', seq) FROM seq_1_to_${rows};
    INSERT INTO STATUS_PROCESS SELECT seq, 0, 0, 'by hand' FROM seq_1_to_${rows};
    ${indexed ? 'CREATE INDEX by_alarm ON STATUS_PROCESS (alarma);' : ''}
    CREATE USER ${name}@'%' IDENTIFIED BY '${host.databasePassword}'; GRANT SELECT, UPDATE ON ${name}.* TO ${name}@'%'`);
}

const configOf = ({ name }: Cell): string => `/etc/process_monitor/${name}.ini`;

function settingsOf({ name, everySeconds }: Cell, passwordFile: string): string {
  return `[database]
host = 127.0.0.1
user = ${name}
password_file = ${passwordFile}
database = ${name}

[monitor]
check_interval = ${everySeconds}
startup_grace = 0
state_dir = /var/lib/${name}
run_directory = /run/${name}

[logging]
directory = /var/log/${name}

[process.default]
${LEAN_POLICY}
${Array.from({ length: 10 }, (_, index) => `[process.app-${index + 1}]`).join('\n')}
`;
}

function daemonUnit(shipped: string, cell: Cell): string {
  return shipped
    .replace(/^(ExecStart=.* run)$/m, `$1 --config ${configOf(cell)}`)
    .replaceAll(/^((?:State|Logs|Runtime)Directory)=process-monitor$/gm, `$1=${cell.name}`);
}

/** The same Node with the same flags. */
function bareUnit(rig: Rig, shipped: string, { name, everySeconds, kind }: Cell): string {
  const flags = /^ExecStart=.*? (--.*?) \/\S+ run$/m.exec(shipped)?.[1] ?? '';
  const [node = '', file = ''] = rig.program('looker');
  const password = rig.host.databasePassword.replaceAll('%', '%%');
  const words = kind === 'timer' ? '' : ` '${password}' ${name} ${everySeconds * 1000}`;
  const environment = /^Environment=.*$/m.exec(shipped)?.[0] ?? '';
  return `[Service]\nUser=process-monitor\n${environment}\nExecStart=${node} ${flags} ${file}${words}\n`;
}
