/**
 * The benchmark: the built daemon as its unit on a real systemd and MariaDB, against the bare cost of the same restarts
 * in the same run, and what rights, claims and ownership add (`--added`: that alone). Prints a table, and JSON with
 * `--json`. Absolute figures depend on the machine; the ratios and differences are meant.
 */
import { resolve } from 'node:path';
import { bootMonitored, type MonitoredMachine } from '../system/support/monitored-machine.js';
import { PROJECT_DIRECTORY } from '../system/support/machine.js';
import { whatIsAdded } from './added.js';
import { handlingMs, median, pause, processorMs, type Figure } from './figures.js';

const UNITS = 100;
const ROUNDS = 10;
const WARM_UP_MS = 20_000;
/** One a second. */
const IDLE_CYCLES = 20;
const UNIT = '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\n';
const names = Array.from({ length: UNITS }, (_, index) => `bench-${index + 1}`);
// Rights are granted to units that the settings name.
const PROCESSES = `
[process.default]
restart_strategy = service
settle_time = 0
stable_time = 0
max_restart_failures = 1000
restart_budget = 0
${names.map((name) => `[process.${name}]`).join('\n')}
`;

async function main(): Promise<void> {
  const earlier = process.argv.indexOf('--before');
  const figures: Figure[] = process.argv.includes('--added') ? [] : [...(await whatItCosts())];
  figures.push(...(await whatIsAdded(earlier === -1 ? null : resolve(process.argv[earlier + 1] ?? ''))));
  print(figures);
}

/** The daemon as it is installed against the bare restarts. */
async function whatItCosts(): Promise<readonly Figure[]> {
  const units = Object.fromEntries(names.map((name) => [`${name}.service`, UNIT]));
  const settings = { processes: PROCESSES, monitor: 'mass_alarm_percent = 0\nrestart_budget = 0' };
  await using host = await bootMonitored({ ...settings, name: 'bench', units, logging: 'max_log_size = 102400' });
  await host.addProcesses(names);
  await host.machine.must(`systemctl start ${names.join(' ')}`, { timeoutMs: 60_000 });
  const figures: Figure[] = [];
  figures.push(...(await startTimes(host)));
  // As it is in use: without a line for each cycle.
  await host.configure({ ...settings, logging: 'level = info\nmax_log_size = 102400' });
  await host.machine.must('systemctl restart process-monitor');
  const idle = await memoryMb(host);
  figures.push({ what: 'resident memory, idle', value: idle.rss, unit: 'MB', aim: 70 });
  figures.push({ what: 'proportional memory, idle', value: idle.pss, unit: 'MB', aim: null });
  figures.push({ what: 'processor time of an idle cycle', value: await idleCycleMs(host), unit: 'ms', aim: 2 });
  figures.push(...(await oneAlarm(host)));
  figures.push(...(await manyAlarms(host)));
  return figures;
}

async function startTimes(host: MonitoredMachine): Promise<readonly Figure[]> {
  const bare: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    bare.push(Number(await host.machine.must(timed(`${process.execPath} -e 0`))));
    await host.machine.must('systemctl stop process-monitor; rm -rf /var/log/process-monitor/*');
    await host.start();
    const [cycle] = await host.waitForEvent('cycle.completed');
    const started = await host.machine.must(
      'systemctl show --timestamp=us+utc -p ExecMainStartTimestamp --value process-monitor',
    );
    ours.push(Date.parse(cycle?.timestamp ?? '') - epochMs(started));
  }
  return [
    { what: 'start to first cycle', value: median(ours), unit: 'ms', aim: 300 },
    { what: 'node -e 0, start to end', value: median(bare), unit: 'ms', aim: null },
  ];
}

/** A shell line that prints the milliseconds that a command takes. */
function timed(command: string): string {
  return `a=$(date +%s%N); ${command}; b=$(date +%s%N); echo $(( (b - a) / 1000000 ))`;
}

/** `Fri 2026-11-20 21:30:01.123456 UTC` → epoch milliseconds. */
function epochMs(timestamp: string): number {
  const [, date = '', time = ''] = timestamp.split(' ');
  return Date.parse(`${date}T${time.slice(0, 12)}Z`);
}

async function memoryMb(host: MonitoredMachine): Promise<{ rss: number; pss: number }> {
  await pause(5000);
  const pid = await host.show('process-monitor', 'MainPID');
  const kilobytes = async (field: string): Promise<number> =>
    Number(await host.machine.must(`awk '/^${field}:/ {print $2}' /proc/${pid}/smaps_rollup`));
  return { rss: (await kilobytes('Rss')) / 1024, pss: (await kilobytes('Pss')) / 1024 };
}

/** Once V8 has stopped compiling what the start needed. */
async function idleCycleMs(host: MonitoredMachine): Promise<number> {
  await pause(WARM_UP_MS);
  const pid = await host.show('process-monitor', 'MainPID');
  const spent = (): Promise<number> => processorMs(host.machine, pid);
  const before = await spent();
  await pause(IDLE_CYCLES * 1000);
  return ((await spent()) - before) / IDLE_CYCLES;
}

/** From the read that found the alarm to the write that cleared it. */
async function oneAlarm(host: MonitoredMachine): Promise<readonly Figure[]> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(...(await bareMs(host, ['bench-1'])).each);
    const linesBefore = (await host.log()).length;
    // A look without this alarm must lie between two, or it is not found anew.
    await pause(1200);
    await host.raise(1);
    await waitForEnds(host, 1, linesBefore);
    ours.push(handlingMs((await host.log()).slice(linesBefore)));
  }
  const [one, reference] = [median(ours), median(bare)];
  return [
    { what: 'one alarm, read to cleared', value: one, unit: 'ms', aim: null },
    { what: 'the bare restart and two statements', value: reference, unit: 'ms', aim: null },
    { what: 'ratio for one', value: one / reference, unit: '×', aim: 1.5 },
  ];
}

async function manyAlarms(host: MonitoredMachine): Promise<readonly Figure[]> {
  const ours: number[] = [];
  const bare: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await pause(1200);
    if (round < 3) bare.push((await bareMs(host, names)).totalMs / UNITS);
    const linesBefore = (await host.log()).length;
    await host.raise(...names.map((_, index) => index + 1));
    await waitForEnds(host, UNITS, linesBefore);
    ours.push(handlingMs((await host.log()).slice(linesBefore)) / UNITS);
    memory.push((await memoryMb(host)).rss);
  }
  const [each, reference] = [median(ours), median(bare)];
  return [
    { what: `${UNITS} alarms, read to cleared, each`, value: each, unit: 'ms', aim: null },
    { what: 'the bare restarts one by one, each', value: reference, unit: 'ms', aim: null },
    { what: `ratio for each of ${UNITS}`, value: each / reference, unit: '×', aim: 1.2 },
    { what: `resident memory after ${2 * UNITS} handlings`, value: memory[1] ?? NaN, unit: 'MB', aim: 70 },
    { what: `resident memory after ${ROUNDS * UNITS} handlings`, value: memory.at(-1) ?? NaN, unit: 'MB', aim: 70 },
  ];
}

async function waitForEnds(host: MonitoredMachine, count: number, linesBefore: number): Promise<void> {
  const ended = async (): Promise<number> =>
    (await host.log()).slice(linesBefore).filter(({ event }) => event === 'restart.ended').length;
  await host.machine.waitFor(async () => (await ended()) >= count, {
    what: `${count} restarts to end`,
    timeoutMs: 60_000,
  });
}

async function bareMs(host: MonitoredMachine, units: readonly string[]): Promise<{ totalMs: number; each: number[] }> {
  const command = ['node', `${PROJECT_DIRECTORY}/test/bench/bare.mjs`, host.databasePassword, ...units];
  command[0] = process.execPath;
  const result = await host.machine.run(command, { timeoutMs: 120_000 });
  if (result.code !== 0) throw new Error(`the bare restarts failed: ${result.stderr}`);
  return JSON.parse(result.stdout) as { totalMs: number; each: number[] };
}

function print(figures: readonly Figure[]): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(figures, null, 2));
    return;
  }
  for (const { what, value, unit, aim } of figures) {
    const goal = aim === null ? '' : `aim ≤ ${aim} ${unit}${value <= aim ? '' : '   MISSED'}`;
    console.log(`${what.padEnd(62)} ${value.toFixed(2).padStart(9)} ${unit.padEnd(3)}  ${goal}`);
  }
}

await main();
