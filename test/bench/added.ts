/**
 * What rights, claims and ownership add: the daemon as it is installed, with the lease and the sequence column that
 * `migrate` makes, beside one that runs as root without sandbox, claims or ownership, on tables of its own. They take
 * turns on the same units in the same minutes, so that whatever else the host does falls on both alike.
 *
 * `--before FILE` puts the built program of another version in the second one's place, with what that has by itself.
 */
import { LOG_DIRECTORY, CONFIG_FILE, bootMonitored, type LogLine } from '../system/support/monitored-machine.js';
import type { BootedMachine } from '../system/support/booted-machine.js';
import type { MonitoredMachine } from '../system/support/monitored-machine.js';
import { figure, pause, type Figure } from './figures.js';
import type { PartReport } from './report.js';

const UNITS = 100;
const SINGLE_ROUNDS = 11;
const MANY_ROUNDS = 5;
const IDLE_ROUNDS = 3;
/** One a second. */
const IDLE_CYCLES = 10;
const WARM_UP_MS = 10_000;
const UNIT = '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\n';
const NAMES = Array.from({ length: UNITS }, (_, index) => `bench-${index + 1}`);
const SETTINGS = {
  processes: `[process.default]
restart_strategy = service
settle_time = 0
stable_time = 0
max_restart_failures = 1000
restart_budget = 0
${NAMES.map((name) => `[process.${name}]`).join('\n')}
`,
  monitor: 'mass_alarm_percent = 0\nrestart_budget = 0',
  logging: 'level = info\nmax_log_size = 102400',
};
const PLAIN = 'monitor-plain';
const PLAIN_CONFIG = `/etc/${PLAIN}.ini`;
const PLAIN_PROGRAM = `/opt/${PLAIN}.js`;

/** One of the two daemons. */
interface Side {
  readonly unit: string;
  readonly database: string;
  readonly logs: string;
}
const BEFORE: Side = { unit: PLAIN, database: 'plain', logs: `/var/log/${PLAIN}` };
const AFTER: Side = { unit: 'process-monitor', database: 'monitor', logs: LOG_DIRECTORY };

/** Figures of the same thing on both sides, taken in turns. */
interface Pairs {
  readonly before: number[];
  readonly after: number[];
}

/** `earlier`: path of another version's built program for the side before; null: this one, with all of it turned off. */
export async function whatIsAdded(earlier: string | null): Promise<PartReport> {
  const units = Object.fromEntries(NAMES.map((name) => [`${name}.service`, UNIT]));
  await using host = await bootMonitored({ ...SETTINGS, name: 'added', units });
  await host.addProcesses(NAMES);
  await host.machine.must(`systemctl start ${NAMES.join(' ')}`, { timeoutMs: 60_000 });
  await installPlain(host, earlier);
  await migrate(host);
  await host.machine.must(`systemctl start ${PLAIN} process-monitor`);
  await host.machine.waitFor(async () => (await host.sql('SELECT COUNT(*) FROM pm_lease'))[0]?.[0] !== '0', {
    what: 'the lease to be taken',
  });
  await pause(WARM_UP_MS);
  const figures = [
    ...(await idle(host)),
    ...(await handlings(host, 1, SINGLE_ROUNDS)),
    ...(await handlings(host, UNITS, MANY_ROUNDS)),
    ...compared('resident memory in the end', await memory(host), null, 'MB'),
    ...compared('systemctl restart: as root, by polkit', await bareRestarts(host), null),
  ];
  return { name: 'added', figures, notes: [] };
}

/** The side before: tables, settings and directories of its own; root, and nothing kept from it. */
async function installPlain(host: MonitoredMachine, earlier: string | null): Promise<void> {
  const { machine } = host;
  await host.sql(`CREATE DATABASE plain; GRANT SELECT, INSERT, UPDATE ON plain.* TO monitor@'%';
    CREATE TABLE plain.PROCESE LIKE PROCESE; CREATE TABLE plain.STATUS_PROCESS LIKE STATUS_PROCESS;
    INSERT INTO plain.PROCESE SELECT * FROM PROCESE; INSERT INTO plain.STATUS_PROCESS SELECT * FROM STATUS_PROCESS`);
  const off = earlier === null;
  const text = (await machine.read(CONFIG_FILE))
    .replaceAll(LOG_DIRECTORY, BEFORE.logs)
    .replace('database = monitor\n', `database = plain\n${off ? 'claims = off\n' : ''}`)
    .replace('[monitor]', `[monitor]\nstate_dir = /var/lib/${PLAIN}\nrun_directory = /run/${PLAIN}`)
    .replace('[logging]', off ? '[host]\nownership = off\n\n[logging]' : '[logging]');
  await machine.write(PLAIN_CONFIG, text, 0o600);
  const dist = '/opt/process-monitor/dist';
  if (off) await machine.must(`cp -R ${dist}/chunks /opt/ && cp ${dist}/process-monitor.js ${PLAIN_PROGRAM}`);
  else await machine.copyIn(earlier, PLAIN_PROGRAM);
  const installed = await machine.must('systemctl cat process-monitor');
  const kept = (key: string): string => new RegExp(`^${key}=.*$`, 'm').exec(installed)?.[0] ?? '';
  const start = kept('ExecStart').replace(
    /\S+\/process-monitor\.js run/,
    `${PLAIN_PROGRAM} run --config ${PLAIN_CONFIG}`,
  );
  const directories = ['State', 'Logs', 'Runtime'].map((what) => `${what}Directory=${PLAIN}`).join('\n');
  await machine.installUnit(
    `${PLAIN}.service`,
    `[Service]\nType=notify\nNotifyAccess=all\n${kept('Environment')}\n${start}\n${directories}\n`,
  );
}

async function migrate(host: MonitoredMachine): Promise<void> {
  await host.sql("CREATE USER dba@'%' IDENTIFIED BY 'dba'; GRANT ALL ON *.* TO dba@'%' WITH GRANT OPTION");
  await host.machine.write('/root/dba', 'dba\n', 0o600);
  await host.machine.must('process-monitor migrate --user dba --password-file /root/dba');
}

const pidOf = (host: MonitoredMachine, { unit }: Side): Promise<string> => host.show(unit, 'MainPID');

/** Both at once: they look at their own tables in the same seconds. */
async function idle(host: MonitoredMachine): Promise<readonly Figure[]> {
  const own: Pairs = { before: [], after: [] };
  const whole: Pairs = { before: [], after: [] };
  const pids = [await pidOf(host, BEFORE), await pidOf(host, AFTER)] as const;
  const spent = (): Promise<readonly [number, number]> =>
    Promise.all([processorMs(host.machine, pids[0]), processorMs(host.machine, pids[1])]);
  const withChildren = async (): Promise<readonly [number, number]> => [
    Number(await host.show(BEFORE.unit, 'CPUUsageNSec')) / 1e6,
    Number(await host.show(AFTER.unit, 'CPUUsageNSec')) / 1e6,
  ];
  for (let round = 0; round < IDLE_ROUNDS; round += 1) {
    const [spentFirst, wholeFirst] = [await spent(), await withChildren()];
    await pause(IDLE_CYCLES * 1000);
    const [spentLast, wholeLast] = [await spent(), await withChildren()];
    own.before.push((spentLast[0] - spentFirst[0]) / IDLE_CYCLES);
    own.after.push((spentLast[1] - spentFirst[1]) / IDLE_CYCLES);
    whole.before.push((wholeLast[0] - wholeFirst[0]) / IDLE_CYCLES);
    whole.after.push((wholeLast[1] - wholeFirst[1]) / IDLE_CYCLES);
  }
  const memoryOf = compared('resident memory, idle', await memory(host), null, 'MB');
  const processor = compared('processor time of an idle cycle', own, 0.5);
  const all = compared('the same with its commands', whole, null);
  return [...processor, ...(whole.after.some(Number.isNaN) ? [] : all), ...memoryOf];
}

async function memory(host: MonitoredMachine): Promise<Pairs> {
  const rss = async (side: Side): Promise<number> =>
    Number(await host.machine.must(`awk '/^VmRSS:/ {print $2}' /proc/${await pidOf(host, side)}/status`)) / 1024;
  return { before: [await rss(BEFORE)], after: [await rss(AFTER)] };
}

/** Time of each handling and what the daemon itself computes in it; the sides take turns, also in who is first. */
async function handlings(host: MonitoredMachine, alarms: number, rounds: number): Promise<readonly Figure[]> {
  const taken: Pairs = { before: [], after: [] };
  const computed: Pairs = { before: [], after: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? [BEFORE, AFTER] : [AFTER, BEFORE]) {
      const pid = await pidOf(host, side);
      const spentMs = await processorMs(host.machine, pid);
      const tookMs = await handle(host, side, alarms);
      const which = side === AFTER ? 'after' : 'before';
      taken[which].push(tookMs / alarms);
      computed[which].push(((await processorMs(host.machine, pid)) - spentMs) / alarms);
    }
  }
  const what = alarms === 1 ? 'one alarm' : `each of ${alarms} alarms`;
  return [
    ...compared(`${what}, read to cleared`, taken, 5),
    ...compared(`${what}, processor time and looks meanwhile`, computed, null),
  ];
}

async function handle(host: MonitoredMachine, side: Side, alarms: number): Promise<number> {
  const mark = Number(await host.machine.must(`wc -l <${side.logs}/current.log`));
  const lines = async (): Promise<readonly LogLine[]> =>
    (await host.machine.must(`tail -n +${mark + 1} ${side.logs}/current.log`))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);
  // A look without these alarms must lie between two, or they are not found anew.
  await pause(1200);
  await host.sql(`UPDATE ${side.database}.STATUS_PROCESS SET alarma = 1 WHERE process_id <= ${alarms}`);
  const isOver = async (): Promise<boolean> =>
    (await lines()).filter(({ event }) => event === 'write_back.done').length >= alarms;
  await host.machine.waitFor(isOver, {
    ...{ what: `${alarms} alarms to be cleared by ${side.unit}`, timeoutMs: 60_000, everyMs: 250 },
  });
  return handlingMs(await lines());
}

/** What the way over polkit costs by itself. */
async function bareRestarts(host: MonitoredMachine): Promise<Pairs> {
  const pairs: Pairs = { before: [], after: [] };
  const timed = async (user: string): Promise<number> => {
    const command = `setpriv --reuid=${user} --regid=${user} --clear-groups systemctl restart bench-1`;
    return Number(await host.machine.must(`a=$(date +%s%N); ${command}; b=$(date +%s%N); echo $((b - a))`)) / 1e6;
  };
  for (let round = 0; round < SINGLE_ROUNDS; round += 1) {
    pairs.before.push(await timed('root'));
    pairs.after.push(await timed('process-monitor'));
  }
  return pairs;
}

/** Both sides, and what each pair differs by: a slow moment falls on a pair, not on a side. */
function compared(what: string, { before, after }: Pairs, aim: number | null, unit = 'ms'): readonly Figure[] {
  const added = after.map((value, index) => value - (before[index] ?? NaN));
  return [
    figure([`${what}.before`, `${what}: before`], unit, before),
    figure([`${what}.after`, `${what}: after`], unit, after, { limit: `${what}.before` }),
    figure([`${what}.added`, `  added`], unit, added, aim === null ? {} : { aim: { of: 'median', atMost: aim } }),
  ];
}

/** First `alarm.found` to last `write_back.done`; both are stamped with whole milliseconds. */
function handlingMs(lines: readonly LogLine[]): number {
  const at = (event: string): readonly number[] =>
    lines.filter((line) => line.event === event).map(({ timestamp }) => Date.parse(timestamp));
  return Math.max(...at('write_back.done')) - Math.min(...at('alarm.found'));
}

/** Processor time of all threads of a process so far, without its children, milliseconds. */
async function processorMs(machine: BootedMachine, pid: string): Promise<number> {
  return Number(await machine.must(`cat /proc/${pid}/task/*/schedstat | awk '{s+=$1} END {print s}'`)) / 1e6;
}
