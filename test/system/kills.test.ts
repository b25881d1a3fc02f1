/** The daemon is killed at random moments while alarms come at random: none is lost, none is handled twice, nothing is left. */
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countedUnit } from './support/counted-unit.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';
import { RandomAlarms } from './support/random-alarms.js';

/** The whole form, `npm run soak:kills`, has 1000. */
const KILLS = Number(env['SOAK_KILLS'] ?? 20);
const WORKER = countedUnit({ before: 'sleep 0.1' });

describeOnMachine('a daemon that is killed again and again', () => {
  let host: MonitoredMachine;
  let alarms: RandomAlarms;

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'kills',
      ...RandomAlarms.setup('command_timeout = 10', WORKER),
      logging: 'level = info',
    });
    alarms = new RandomAlarms(host);
    const { machine } = host;
    const dropIn = '/etc/systemd/system/process-monitor.service.d';
    await machine.must(`mkdir -p ${dropIn}`);
    await machine.write(`${dropIn}/quick.conf`, '[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=50ms\n', 0o644);
    await machine.must('systemctl daemon-reload');
    await alarms.begin();
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it(`${KILLS} times loses no alarm, restarts nothing twice, and leaves nothing behind`, async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await alarms.raiseSome(0.3);
      await sleep(Math.random() * 900);
      await host.machine.sh('systemctl kill -s KILL --kill-whom=main process-monitor');
    }
    await alarms.untilAllClear();
    expect([...(await alarms.starts())]).toEqual([...alarms.raised]);
    expect(alarms.total).toBeGreaterThan(KILLS / 10);

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
    console.log(`kills: ${KILLS}, alarms: ${alarms.total}`);
  }, 3_600_000);
});
