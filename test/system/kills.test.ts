/** The daemon is killed at random moments while alarms come at random: none is lost, none is handled twice, nothing is left. */
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit, forgetStarts, startsOf } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';

/** The whole form, `npm run soak:kills`, has 1000. */
const KILLS = Number(env['SOAK_KILLS'] ?? 20);
const NAMES = Array.from({ length: 20 }, (_, index) => `unit${index + 1}`);
/** Without a stable period: an alarm raised soon after the last one is a new one, and no failure. */
const QUICK =
  'restart_strategy = service\nsettle_time = 0\nstable_time = 0\nrestart_budget = 0\nhealth_check_timeout = 5\ncommand_timeout = 10';
const WORKER = countedUnit({ before: 'sleep 0.1' });

describeOnMachine('a daemon that is killed again and again', () => {
  let host: MonitoredMachine;
  /** Alarms so far by name: each was raised only after the one before had been cleared. */
  const raised = new Map<string, number>(NAMES.map((name) => [name, 0]));

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'kills',
      processes: ['default', ...NAMES]
        .map((name) => `[process.${name}]\n${name === 'default' ? QUICK : ''}\n`)
        .join(''),
      monitor: 'mass_alarm_percent = 0\nmax_parallel_restarts = 5',
      logging: 'level = info',
      units: Object.fromEntries(NAMES.map((name) => [`${name}.service`, WORKER])),
    });
    const { machine } = host;
    const dropIn = '/etc/systemd/system/process-monitor.service.d';
    await machine.must(`mkdir -p ${dropIn}`);
    await machine.write(`${dropIn}/quick.conf`, '[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=50ms\n', 0o644);
    await machine.must('systemctl daemon-reload');
    await host.addProcesses(NAMES);
    await machine.must(`systemctl start ${NAMES.join(' ')}`);
    await forgetStarts(host);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  const clear = async (): Promise<readonly string[]> =>
    (await host.sql('SELECT process_id FROM STATUS_PROCESS WHERE alarma = 0')).map(([id]) => `unit${id ?? ''}`);

  /** Some of those whose last alarm is over get the next one. */
  async function raiseSome(): Promise<void> {
    const some = (await clear()).filter(() => Math.random() < 0.3);
    if (some.length === 0) return;
    await host.raise(...some.map((name) => NAMES.indexOf(name) + 1));
    for (const name of some) raised.set(name, (raised.get(name) ?? 0) + 1);
  }

  it(`${KILLS} times loses no alarm, restarts nothing twice, and leaves nothing behind`, async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await raiseSome();
      await sleep(Math.random() * 900);
      await host.machine.sh('systemctl kill -s KILL --kill-whom=main process-monitor');
    }
    const isOver = async (): Promise<boolean> => (await clear()).length === NAMES.length;
    await host.machine.waitFor(isOver, { what: 'every alarm to be cleared', timeoutMs: 60_000, everyMs: 300 });
    const counted = await Promise.all(NAMES.map(async (name) => [name, (await startsOf(host, name)).length] as const));
    expect(counted).toEqual([...raised]);
    expect([...raised.values()].reduce((sum, each) => sum + each, 0)).toBeGreaterThan(KILLS / 10);

    await host.machine.must('systemctl stop process-monitor');
    expect(await host.machine.must('ls /var/lib/process-monitor | grep tmp || :')).toBe('');
    expect((await host.machine.sh('pgrep -f process-monitor[.]js')).code).toBe(1);
    expect(await host.machine.must("systemctl list-units --all --plain --no-legend 'process-monitor-*.scope'")).toBe(
      '',
    );
    const connections = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'monitor'";
    await host.machine.waitFor(async () => (await host.sql(connections))[0]?.[0] === '0', {
      what: 'the connections to be closed',
    });
    console.log(`kills: ${KILLS}, alarms: ${[...raised.values()].reduce((sum, each) => sum + each, 0)}`);
  }, 3_600_000);
});
