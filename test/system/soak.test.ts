/** A daemon at its quickest pace while alarms come and go: it grows in nothing, and it handles every one of them. */
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, LOG_DIRECTORY, type LogLine, type MonitoredMachine } from './support/monitored-machine.js';
import { RandomAlarms } from './support/random-alarms.js';
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
const UNIT = `[Unit]\nStartLimitIntervalSec=0\n${countedUnit()}`;

describeOnMachine('a daemon that looks every second', () => {
  let host: MonitoredMachine;
  let alarms: RandomAlarms;

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'soak',
      ...RandomAlarms.setup('command_timeout = 30', UNIT),
      logging: `max_log_size = ${LOG_KILOBYTES}\nlog_files_to_keep = ${LOG_FILES}`,
    });
    alarms = new RandomAlarms(host);
    const { machine } = host;
    await alarms.begin();
    // On the machine's own root, an overlay, tail would only look every few seconds: it takes that for a network's.
    await machine.must(`mkdir -p ${LOG_DIRECTORY} && mount -t tmpfs -o mode=750 tmpfs ${LOG_DIRECTORY}`);
    await host.start();
    await host.waitForEvent('cycle.completed');
    await machine.must(`setsid tail -n +1 -F ${LOG_DIRECTORY}/current.log >${HEARD} 2>/dev/null </dev/null &`);
  });

  afterAll(() => host.machine.stop());

  /** How often each unit was restarted, as the log tells it; every line since the start, whatever file it was in. */
  async function restartsInLog(): Promise<ReadonlyMap<string, number>> {
    const lines = (await host.machine.must(`grep -a '"restart.ended"' ${HEARD} || :`)).split('\n').filter(Boolean);
    const counts = new Map<string, number>([...alarms.raised.keys()].map((name) => [name, 0]));
    for (const { processName = '', outcome } of lines.map((line) => JSON.parse(line) as LogLine)) {
      expect(outcome).toBe('recovered');
      counts.set(processName, (counts.get(processName) ?? 0) + 1);
    }
    return counts;
  }

  /**
   * Waits until nothing is being done and takes the least of three looks: what the daemon holds at rest. Connections to the
   * database are not in it: there is one more whenever that was needed once, up to a bound of their own.
   */
  async function atRest(pid: string): Promise<Pick<Resources, 'descriptors' | 'sockets' | 'threads'>> {
    await alarms.untilAllClear();
    const looks: Resources[] = [];
    for (let look = 0; look < 3; look += 1) {
      await sleep(400);
      looks.push(await lookAtResources(host, pid));
    }
    const least = (of: (look: Resources) => number): number => Math.min(...looks.map(of));
    return {
      descriptors: least(({ descriptors, connections }) => descriptors - connections),
      sockets: least(({ sockets, connections }) => sockets - connections),
      threads: least(({ threads }) => threads),
    };
  }

  it(
    `for ${SECONDS} s with alarms on twenty units handles each once and stays as small as it was`,
    async () => {
      const pid = await host.show('process-monitor', 'MainPID');
      await alarms.raiseSome(1);
      const before = await atRest(pid);
      const looks: Resources[] = [];
      const beganMs = Date.now();
      const steady = (): readonly Resources[] => looks.filter(({ atMs }) => atMs - beganMs >= WARM_UP * 1000);
      for (let second = 1; second <= SECONDS; second += 1) {
        await alarms.raiseSome(CHANCE);
        looks.push(await lookAtResources(host, pid));
        if (second % TELL_EVERY === 0 && second < SECONDS) console.log(`${second} s\n${describeResources(steady())}`);
        await sleep(Math.max(0, beganMs + second * 1000 - Date.now()));
      }
      const after = await atRest(pid);
      const { raised, total } = alarms;
      const logs = await host.machine.must(`ls ${LOG_DIRECTORY}`);
      console.log(`soak: ${SECONDS} s, ${total} alarms, ${looks.length} looks, ${steady().length} after the warm-up`);
      console.log(describeResources(steady()));
      console.log('at rest before and after:', before, after, logs.replaceAll('\n', ' '));

      const lastLine = async (): Promise<boolean> =>
        [...(await restartsInLog()).values()].reduce((sum, each) => sum + each, 0) >= total;
      await host.machine.waitFor(lastLine, { what: 'the last restart to be in the log' });
      expect([...(await alarms.starts())]).toEqual([...raised]);
      expect([...(await restartsInLog())]).toEqual([...raised]);
      expect(total).toBeGreaterThan(raised.size + SECONDS / 4);

      expect(await host.show('process-monitor', 'MainPID')).toBe(pid);
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
      expect(after.sockets).toBeLessThanOrEqual(before.sockets);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      expect(Math.max(...looks.map(({ connections }) => connections))).toBeLessThanOrEqual(10);
      // A hundred restarts of each are remembered; the file twice while it is replaced, and behind it the changes, which go on
      // until they are larger than 256 KB.
      expect(Math.max(...looks.map(({ stateBytes }) => stateBytes))).toBeLessThan(64 * 1024);
      const mostBytes = (2 * 64 + 256 + 64) * 1024;
      expect(Math.max(...looks.map(({ stateDirectoryBytes }) => stateDirectoryBytes))).toBeLessThan(mostBytes);
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
