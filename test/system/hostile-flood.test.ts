/** A flood of rows from strangers: a thousand in the test command, `HOSTILE_ROWS` of them in the whole form. */
import { lstatSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE_NAMES, hostileName } from '../support/hostile-names.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { watchExecs } from './support/exec-watch.js';
import { invocations } from './support/footprints.js';
import { bootMonitored, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';

const ROWS = Number(process.env['HOSTILE_ROWS'] ?? 1000);
const FIRST = 1000;
const HONEST = ['honest1', 'honest2', 'honest3'];
const HASTY = 'restart_strategy = service\nsettle_time = 0\nstable_time = 0\nmax_attempts = 1';
/** Of the honest rows, from the alarm to its clearing, whatever else stands in the table. */
const IN_TIME_MS = 30_000 + ROWS * 9;
const WHOLE_TIMEOUT_MS = 120_000 + ROWS * 60;
/** Each in place of the one before: systemd's helper, where it has one, the shell, the launcher, the daemon. */
const PROGRAMS_OF_A_START = 4;

/** Where the daemon, its database, systemd and this test write; what else is new was touched by somebody. */
const OURS =
  '/var/log/process-monitor /var/lib/process-monitor /run/process-monitor /var/lib/mysql /run/mysqld /run/systemd /run/log /run/udev /var/lib/systemd /run/dbus';
/** Large, or the host's own, which is at work below the machine. */
const HOSTS = '/var/lib/apt /var/cache /var/lib/dpkg /var/log/apt /root /work /home /proc /sys /usr/lib /usr/share';

function cut(text: string, longest: number): string {
  return Array.from(text).slice(0, longest).join('');
}

/** As bytes, so that no layer on the way has a say in it. */
function sqlText(text: string): string {
  return `CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4)`;
}

async function insertHostile(host: MonitoredMachine): Promise<void> {
  const drawn = fc.sample(hostileName, { seed: 20_260_101, numRuns: 2 * ROWS });
  const names = [...HOSTILE_NAMES, ...drawn].slice(0, ROWS);
  for (let from = 0; from < ROWS; from += 500) {
    const part = names.slice(from, from + 500).map((name, index) => ({ id: FIRST + from + index, name }));
    const processes = part.map(({ id, name }) => `(${id}, ${sqlText(cut(name, 255))})`).join(', ');
    const rows = part.map(({ id, name }) => `(${id}, 1, 0, ${sqlText(cut(drawn[id] ?? name, 100))})`).join(', ');
    await host.sql(`INSERT INTO PROCESE VALUES ${processes}; INSERT INTO STATUS_PROCESS VALUES ${rows}`);
  }
}

/** What changes on the host itself shows through the machine's overlay: the same file with the same time of change, or a later one by now. */
function isTheHosts(line: string): boolean {
  const at = line.indexOf(' ');
  const [seconds, path] = [line.slice(0, at), line.slice(at + 1)];
  const onHost = lstatSync(path, { throwIfNoEntry: false });
  return onHost !== undefined && onHost.ctimeMs > Number(seconds) * 1000 - 1;
}

describeOnMachine(`${ROWS} hostile rows`, () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    const units = Object.fromEntries(HONEST.map((name) => [`${name}.service`, SLEEPER]));
    host = await bootMonitored({
      name: 'flood',
      units,
      monitor: 'mass_alarm_percent = 0',
      // Only what has a section can be granted.
      processes: `[process.default]\n${HASTY}\n${HONEST.map((name) => `[process.${name}]`).join('\n')}`,
    });
    await host.machine.must(`systemctl start ${HONEST.join(' ')}`);
    await host.addProcesses(HONEST);
    await insertHostile(host);
  }, WHOLE_TIMEOUT_MS);

  afterAll(() => host.machine.stop());

  const touched = async (): Promise<readonly string[]> => {
    const prune = `${OURS} ${HOSTS}`.split(' ').map((path) => `-path ${path}`);
    const isNew = "-cnewer /run/flood-begins ! -path /run/flood-begins ! -type d -printf '%C@ %p\\n'";
    const text = await host.machine.must(
      `find / /run /tmp /dev/shm -xdev \\( ${prune.join(' -o ')} \\) -prune -o ${isNew}`,
      { timeoutMs: WHOLE_TIMEOUT_MS },
    );
    const found = text.split('\n').filter((line) => line !== '');
    return found.filter((line) => !isTheHosts(line)).map((line) => line.slice(line.indexOf(' ') + 1));
  };
  const unitsBefore = async (): Promise<unknown> => {
    const ours = [...HONEST.map((name) => `${name}.service`), 'process-monitor.service'];
    const others = Object.entries(await invocations(host.machine)).filter(([name]) => !ours.includes(name));
    // In the order of names: systemd has one of its own, which changes.
    return others.filter(([, invocation]) => invocation !== '').sort();
  };

  describe('where everything is handled', () => {
    it(
      'start no program, touch no file and hold up no honest row; each is answered with a reason',
      async () => {
        await host.machine.must('touch /run/flood-begins');
        const before = await unitsBefore();
        const watch = await watchExecs(host.machine, 'process-monitor.service');
        await host.raise(1, 2, 3);
        await host.start();
        for (const id of [1, 2, 3]) await host.waitUntilClear(id, IN_TIME_MS);
        let silent = ROWS;
        const isAnswered = async (): Promise<boolean> => {
          const answered = (await host.log()).filter(
            ({ event }) => event === 'alarm.skipped' || event === 'restart.ended',
          );
          const ids = new Set(
            answered.map(({ processId }) => processId).filter((id) => id !== undefined && id >= FIRST),
          );
          silent = ROWS - ids.size;
          return silent === 0;
        };
        await host.machine.waitFor(isAnswered, { what: 'a reason for each row', timeoutMs: WHOLE_TIMEOUT_MS });
        await host.raise(1, 2, 3);
        for (const id of [1, 2, 3]) await host.waitUntilClear(id, IN_TIME_MS);
        await host.machine.must('systemctl stop process-monitor');

        const started = await watch.stop();
        expect(started.filter((line) => /^\S*node\b/.test(line)).length).toBeGreaterThan(0);
        expect(started.filter((line) => !isExpected(line))).toEqual([]);
        // Some are too short-lived to be read, but none is missed: their number tells of them.
        if (process.env['UNIT_MANAGER'] === 'systemctl') {
          expect(started.filter((line) => line === 'gone').length).toBeLessThan(started.length / 3);
        } else expect(started.length).toBeLessThanOrEqual(PROGRAMS_OF_A_START);
        expect(await touched()).toEqual([]);
        expect(await unitsBefore()).toEqual(before);
        for (const line of await host.log()) {
          const isHostile = line.processId !== undefined && line.processId >= FIRST;
          if (isHostile && line.event === 'restart.ended') expect(line.outcome).toBe('refused');
          if (isHostile) expect(['restart.attempted', 'command.ended']).not.toContain(line.event);
        }
      },
      WHOLE_TIMEOUT_MS * 2,
    );
  });
});

/** The daemon itself, its questions to systemd, its words for it, and restarts of the honest units. */
function isExpected(line: string): boolean {
  const words = line.trim().split(' ');
  const [program = ''] = words;
  if (/(?:^|\/)(?:node|env|process-monitor|systemd-notify|systemd-executor)$/.test(program)) return true;
  if (program === '(ess-monitor)' || program === '(process-monitor)' || line === 'gone') return true;
  // What the unit starts, before it becomes the daemon.
  if (/^\/bin\/sh \/opt\/process-monitor\/scripts\/launch\.sh /.test(line) || program === 'perl') return true;
  if (!/(?:^|\/)systemctl$/.test(program)) return false;
  if (words.includes('show')) return true;
  return HONEST.some((name) => words.at(-1) === `${name}.service`) && words.includes('restart');
}
