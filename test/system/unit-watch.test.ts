/** `watch_units` on a real systemd: nobody raises an alarm, and the next look is an hour away. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';

/** As programs in Java do: systemd calls that a failure. */
const SULKING = `[Service]
ExecStart=/bin/sh -c 'trap "exit 143" TERM; while :; do sleep 0.1; done'
`;
const RESTARTED = '[Service]\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=100ms\n';
const RARELY = '[Service]\nEnvironment=MONITOR_CHECK_INTERVAL=3600\n';

const NAMES = ['killed', 'stopped', 'sulking', 'restarted', 'early', 'marker'];
const id = (name: string): number => NAMES.indexOf(name) + 1;

describeOnMachine('a unit without an alarm', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'unit-watch',
      // Whatever way the others go: systemctl tells nobody of anything.
      monitor: 'unit_manager = auto\nwatch_units = yes\nmass_alarm_percent = 0',
      processes: `[process.default]\nsettle_time = 0\nstable_time = 1\n${NAMES.map((name) => `[process.${name}]\n`).join('')}`,
      units: {
        'process-monitor.service.d/rarely.conf': RARELY,
        ...Object.fromEntries(NAMES.map((name) => [`${name}.service`, SLEEPER])),
        'sulking.service': SULKING,
        'restarted.service': RESTARTED,
      },
    });
    await host.addProcesses(NAMES);
    await host.machine.must(`systemctl start ${NAMES.map((name) => `${name}.service`).join(' ')}`);
    await host.machine.must('systemctl kill --signal=KILL early.service');
    await host.start();
  });
  afterAll(() => host.machine.stop());

  /** By systemd, which refuses where nothing runs: as a number that would be 0, and that means whoever kills. */
  const kill = (unit: string): Promise<string> =>
    host.machine.must(`systemctl kill -s KILL --kill-whom=main ${unit}.service`);

  /** By then everything that happened before is settled. */
  async function untilAllIsSaid(): Promise<void> {
    const before = (await host.events('restart.ended', 'marker')).length;
    await host.waitForEvent('process.stable', { processName: 'marker', count: before });
    await kill('marker');
    await host.waitForEvent('restart.ended', { processName: 'marker', count: before + 1 });
  }

  it('that had failed before the monitor came is found at its start', async () => {
    await host.waitForEvent('alarm.raised_by_watch', { processName: 'early' });
    await host.waitForEvent('restart.ended', { processName: 'early' });
    expect(await host.show('early', 'ActiveState')).toBe('active');
    expect((await host.row(id('early'))).alarma).toBe('0');
  });

  it('that is killed has its alarm raised and is handled at once', async () => {
    await kill('killed');
    await host.waitForEvent('restart.ended', { processName: 'killed' });
    expect(await host.events('alarm.raised_by_watch', 'killed')).toHaveLength(1);
    expect(await host.events('alarm.found')).toContainEqual(expect.objectContaining({ processName: 'killed' }));
    expect(await host.show('killed', 'ActiveState')).toBe('active');
    expect((await host.row(id('killed'))).alarma).toBe('0');
  });

  it.each([
    ['stopped', 'inactive'],
    ['sulking', 'failed'],
  ])('that an operator stops, as %s, which is then %s, is left alone', async (name, state) => {
    await host.machine.must(`systemctl stop ${name}`);
    expect(await host.show(name, 'ActiveState')).toBe(state);
    await untilAllIsSaid();
    expect((await host.row(id(name))).alarma).toBe('0');
    expect(await host.show(name, 'ActiveState')).toBe(state);
    expect(await host.events('alarm.raised_by_watch', name)).toEqual([]);
  });

  it('that systemd restarts by itself is left to systemd', async () => {
    const before = await host.show('restarted', 'InvocationID');
    await kill('restarted');
    const isBack = async (): Promise<boolean> =>
      (await host.show('restarted', 'ActiveState')) === 'active' &&
      (await host.show('restarted', 'InvocationID')) !== before;
    await host.machine.waitFor(isBack, { what: 'systemd to have restarted it' });
    await untilAllIsSaid();
    expect(await host.events('alarm.raised_by_watch', 'restarted')).toEqual([]);
  });

  it('is heard of also after the bus was restarted', async () => {
    await host.machine.must('systemctl restart dbus.service && systemctl start killed.service');
    const count = (await host.events('alarm.raised_by_watch', 'killed')).length + 1;
    await kill('killed');
    await host.waitForEvent('alarm.raised_by_watch', { processName: 'killed', count });
  });
});
