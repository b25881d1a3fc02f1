/** A daemon at its quickest pace while alarms come and go: it grows in nothing, and it handles every one of them. */
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, forgetStarts, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, LOG_DIRECTORY, type LogLine, type MonitoredMachine } from './support/monitored-machine.js';
import { describeResources, lookAtResources, slopePerHour, type Resources } from './support/resources.js';

/** The whole form, `npm run soak`, has 1800. */
const SECONDS = Number(env['SOAK_SECONDS'] ?? 12);
/** Shorter than this the memory of a young program says nothing about its growth. */
const isWhole = SECONDS >= 600;
/** Until V8 has compiled what is hot and its heap has found its size. */
const WARM_UP = isWhole ? 300 : 3;
/** Of each process that has no alarm, each second. */
const CHANCE = isWhole ? 0.08 : 0.2;
const TIMEOUT_MS = 120_000 + SECONDS * 1000;
/** Seconds between two tables of how it stands. */
const TELL_EVERY = 300;
const LOG_KILOBYTES = 100;
const LOG_FILES = 3;
const HEARD = '/var/tmp/heard';
const NAMES = Array.from({ length: 20 }, (_, index) => `unit${index + 1}`);
/** Without a stable period: an alarm raised soon after the last one is a new one, and no failure. */
const QUICK =
  'restart_strategy = service\nsettle_time = 0\nstable_time = 0\nrestart_budget = 0\nhealth_check_timeout = 5\ncommand_timeout = 30';

describeOnMachine('a daemon that looks every second', () => {
  let host: MonitoredMachine;
  /** Alarms so far by name: each was raised only after the one before had been cleared. */
  const raised = new Map<string, number>(NAMES.map((name) => [name, 0]));

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'soak',
      processes: ['default', ...NAMES]
        .map((name) => `[process.${name}]\n${name === 'default' ? QUICK : ''}\n`)
        .join(''),
      monitor: 'mass_alarm_percent = 0\nmax_parallel_restarts = 5',
      logging: `max_log_size = ${LOG_KILOBYTES}\nlog_files_to_keep = ${LOG_FILES}`,
      units: Object.fromEntries(
        NAMES.map((name) => [`${name}.service`, `[Unit]\nStartLimitIntervalSec=0\n${countedUnit()}`]),
      ),
    });
    const { machine } = host;
    await host.addProcesses(NAMES);
    await machine.must(`systemctl start ${NAMES.join(' ')}`);
    await forgetStarts(host);
    // On the machine's own root, an overlay, tail would only look every few seconds: it takes that for a network's.
    await machine.must(`mkdir -p ${LOG_DIRECTORY} && mount -t tmpfs -o mode=750 tmpfs ${LOG_DIRECTORY}`);
    await host.start();
    await host.waitForEvent('cycle.completed');
    await machine.must(`setsid tail -n +1 -F ${LOG_DIRECTORY}/current.log >${HEARD} 2>/dev/null </dev/null &`);
  });

  afterAll(() => host.machine.stop());

  const clear = async (): Promise<readonly string[]> =>
    (await host.sql('SELECT process_id FROM STATUS_PROCESS WHERE alarma = 0')).map(([id]) => `unit${id ?? ''}`);

  /** Of those whose last alarm is over, each gets the next one with this chance. */
  async function raiseSome(chance: number): Promise<void> {
    const some = (await clear()).filter(() => Math.random() < chance);
    if (some.length === 0) return;
    await host.raise(...some.map((name) => NAMES.indexOf(name) + 1));
    for (const name of some) raised.set(name, (raised.get(name) ?? 0) + 1);
  }

  const untilAllClear = (): Promise<void> =>
    host.machine.waitFor(async () => (await clear()).length === NAMES.length, {
      ...{ what: 'every alarm to be cleared', timeoutMs: 60_000, everyMs: 200 },
    });

  /** How often each unit was restarted, as the log tells it; every line since the start, whatever file it was in. */
  async function restartsInLog(): Promise<ReadonlyMap<string, number>> {
    const lines = (await host.machine.must(`grep -a '"restart.ended"' ${HEARD} || :`)).split('\n').filter(Boolean);
    const counts = new Map<string, number>(NAMES.map((name) => [name, 0]));
    for (const { processName = '', outcome } of lines.map((line) => JSON.parse(line) as LogLine)) {
      expect(outcome).toBe('recovered');
      counts.set(processName, (counts.get(processName) ?? 0) + 1);
    }
    return counts;
  }

  /** Waits until nothing is being done and takes the least of three looks: what the daemon holds at rest. */
  async function atRest(pid: string): Promise<Pick<Resources, 'descriptors' | 'sockets' | 'threads'>> {
    await untilAllClear();
    const looks: Resources[] = [];
    for (let look = 0; look < 3; look += 1) {
      await sleep(400);
      looks.push(await lookAtResources(host, pid));
    }
    const least = (name: 'descriptors' | 'sockets' | 'threads'): number => Math.min(...looks.map((look) => look[name]));
    return { descriptors: least('descriptors'), sockets: least('sockets'), threads: least('threads') };
  }

  it(
    `for ${SECONDS} s with alarms on twenty units handles each once and stays as small as it was`,
    async () => {
      const pid = await host.show('process-monitor', 'MainPID');
      await raiseSome(1);
      const before = await atRest(pid);
      const looks: Resources[] = [];
      const beganMs = Date.now();
      const steady = (): readonly Resources[] => looks.filter(({ atMs }) => atMs - beganMs >= WARM_UP * 1000);
      for (let second = 1; second <= SECONDS; second += 1) {
        await raiseSome(CHANCE);
        looks.push(await lookAtResources(host, pid));
        if (second % TELL_EVERY === 0 && second < SECONDS) console.log(`${second} s\n${describeResources(steady())}`);
        await sleep(Math.max(0, beganMs + second * 1000 - Date.now()));
      }
      const after = await atRest(pid);
      const total = [...raised.values()].reduce((sum, each) => sum + each, 0);
      const logs = await host.machine.must(`ls ${LOG_DIRECTORY}`);
      console.log(`soak: ${SECONDS} s, ${total} alarms, ${looks.length} looks, ${steady().length} after the warm-up`);
      console.log(describeResources(steady()));
      console.log('at rest before and after:', before, after, logs.replaceAll('\n', ' '));

      const lastLine = async (): Promise<boolean> =>
        [...(await restartsInLog()).values()].reduce((sum, each) => sum + each, 0) >= total;
      await host.machine.waitFor(lastLine, { what: 'the last restart to be in the log' });
      const counted = await Promise.all(
        NAMES.map(async (name) => [name, (await startsOf(host, name)).length] as const),
      );
      expect(counted).toEqual([...raised]);
      expect([...(await restartsInLog())]).toEqual([...raised]);
      expect(total).toBeGreaterThan(NAMES.length + SECONDS / 4);

      expect(await host.show('process-monitor', 'MainPID')).toBe(pid);
      // The file of its memory's changes is open between two of them, or it is not.
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 1);
      expect(after.sockets).toBeLessThanOrEqual(before.sockets);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      expect(Math.max(...looks.map(({ connections }) => connections))).toBeLessThanOrEqual(10);
      // A hundred restarts of each are remembered; the file twice while it is replaced.
      expect(Math.max(...looks.map(({ stateDirectoryBytes }) => stateDirectoryBytes))).toBeLessThan(128 * 1024);
      // One more while the files change over; the last line of each may pass the size.
      expect(Math.max(...looks.map(({ logBytes }) => logBytes))).toBeLessThan(
        (LOG_FILES + 1) * (LOG_KILOBYTES * 1024 + 2000),
      );
      expect(Math.max(...looks.map(({ rss }) => rss))).toBeLessThan(120 * 1024);
      if (!isWhole) return;
      expect(slopePerHour(steady(), 'rss')).toBeLessThan(12 * 1024);
      expect(slopePerHour(steady(), 'descriptors')).toBeLessThan(4);
    },
    TIMEOUT_MS,
  );
});
