/** Many alarms at once, and slow ones beside quick ones: nobody waits for the wrong thing, and never do too many restart. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type LogLine, type MonitoredMachine } from './support/monitored-machine.js';

const MANY = 100;
const AT_ONCE = 6;
const SLOW = MANY + 1;
const QUICK = MANY + 2;
const SEEN_AT_ONCE = '/run/seen-at-once';

/** Each start says how many are starting at this moment, itself included. */
const WORKER = countedUnit({
  before: `mkdir -p /run/starting && : >/run/starting/%i; ls /run/starting | wc -l >>${SEEN_AT_ONCE}; sleep 0.2; rm /run/starting/%i`,
});

const WORKERS = Array.from({ length: MANY }, (_, index) => `worker@${index + 1}`);

const PROCESSES = `
[process.default]
restart_strategy = service
settle_time = 0
stable_time = 0

[process.slow]
pre_restart_command = sleep 30

${[...WORKERS, 'quick'].map((name) => `[process.${name}]`).join('\n')}
`;

describeOnMachine('the monitor under load', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'load',
      processes: PROCESSES,
      monitor: `max_parallel_restarts = ${AT_ONCE}\nmass_alarm_percent = 50\nmass_alarm_min = 5`,
      units: { 'worker@.service': WORKER, 'slow.service': countedUnit(), 'quick.service': countedUnit() },
    });
    await host.addProcesses([...WORKERS, 'slow', 'quick']);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('clears an alarm long before the handling of another is over, which takes 30 s', async () => {
    await host.raise(SLOW);
    await host.waitForEvent('restart.started', { processName: 'slow' });
    await host.raise(QUICK);
    await host.waitUntilClear(QUICK, 15_000);
    expect(await startsOf(host, 'quick')).toHaveLength(1);
    expect(await startsOf(host, 'slow')).toHaveLength(0);
  });

  it('holds 100 alarms raised at once for one look, then handles each exactly once', async () => {
    await host.raise(...WORKERS.map((_, index) => index + 1));
    await host.waitForEvent('brake.released', { timeoutMs: 10_000 });
    const isDone = async (): Promise<boolean> =>
      (await host.sql(`SELECT 1 FROM STATUS_PROCESS WHERE alarma = 1 AND process_id <= ${MANY} LIMIT 1`)).length === 0;
    await host.machine.waitFor(isDone, { what: 'all alarms to be cleared', timeoutMs: 60_000, everyMs: 300 });

    let log: readonly LogLine[] = [];
    const isOfWorker = ({ processName = '' }: LogLine): boolean => WORKERS.includes(processName);
    const ends = (): readonly LogLine[] => log.filter((line) => line.event === 'restart.ended' && isOfWorker(line));
    const areSaid = async (): Promise<boolean> => {
      log = await host.log();
      return ends().length >= MANY;
    };
    // A row is clear before its line is there.
    await host.machine.waitFor(areSaid, { what: 'all ends to be logged' });

    expect(log.filter(({ event }) => event === 'brake.applied')).toHaveLength(1);
    expect(log.filter(({ reason }) => reason === 'mass_alarm')).toHaveLength(MANY);
    const starts = await Promise.all(WORKERS.map((name) => startsOf(host, name)));
    expect(starts.map((each) => each.length)).toEqual(WORKERS.map(() => 1));
    // The held look is over before the one that acts begins.
    const applied = log.findIndex(({ event }) => event === 'brake.applied');
    const over = log.findIndex(({ event }, index) => event === 'cycle.completed' && index > applied);
    const released = log.findIndex(({ event }) => event === 'brake.released');
    const acted = log.findIndex((line) => line.event === 'restart.started' && isOfWorker(line));
    expect([applied, over, released, acted]).toEqual([applied, over, released, acted].toSorted((a, b) => a - b));
    expect(ends().map(({ outcome }) => outcome)).toEqual(WORKERS.map(() => 'recovered'));
  });

  it('never has more of them restarting at once than max_parallel_restarts, and uses what it may', async () => {
    const seen = (await host.machine.read(SEEN_AT_ONCE)).trim().split('\n').map(Number);
    expect(seen).toHaveLength(MANY);
    expect(Math.max(...seen)).toBeLessThanOrEqual(AT_ONCE);
    // The slow one holds a slot too.
    expect(Math.max(...seen)).toBeGreaterThanOrEqual(AT_ONCE - 1);
    expect(mostAtOnce(await host.log())).toBe(AT_ONCE);
  });

  it('finishes the slow one too, and has restarted nothing twice', async () => {
    await host.waitUntilClear(SLOW, 40_000);
    expect(await startsOf(host, 'slow')).toHaveLength(1);
    expect(await startsOf(host, 'quick')).toHaveLength(1);
    expect(await host.events('restart.started')).toHaveLength(MANY + 2);
  });
});

/** Most handlings that were open at any line of the log. */
function mostAtOnce(log: readonly LogLine[]): number {
  let open = 0;
  let most = 0;
  for (const { event } of log) {
    if (event === 'restart.started') open += 1;
    if (event === 'restart.ended') open -= 1;
    most = Math.max(most, open);
  }
  return most;
}
