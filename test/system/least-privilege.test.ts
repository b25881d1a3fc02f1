/** The installed daemon may do what was granted to it, by exact name, and nothing else on this host. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { invocations } from './support/footprints.js';
import { bootMonitored, SLEEPER, type MonitoredMachine } from './support/monitored-machine.js';
import type { RunResult } from './support/run-program.js';
import { storedMemoryText } from './support/stored-memory.js';

const PROCESSES = `
[process.default]
restart_strategy = service
max_restart_failures = 1
settle_time = 0
stable_time = 0

[process.granted]
[process.ungranted]
[process.missing]
`;
const NAMES = ['granted', 'ungranted', 'missing'];
const id = (name: string): number => NAMES.indexOf(name) + 1;

/** systemd-analyze's own figure, in tenths: 1.3 of 10. */
const MOST_EXPOSURE = 13;

/** What would be as good as root, or could stop what others need. */
const FORBIDDEN = [
  'systemd-run --wait --pipe id',
  'systemd-run --wait --unit=granted.service id',
  'systemd-run --wait --unit=never-seen.service id',
  'systemd-run --scope id',
  'systemctl start granted',
  'systemctl stop granted',
  'systemctl try-restart granted',
  'systemctl reload-or-restart granted',
  'systemctl kill granted',
  'systemctl set-property --runtime granted CPUWeight=50',
  'systemctl set-property granted Environment=LD_PRELOAD=/tmp/x.so',
  'systemctl freeze granted',
  'systemctl clean granted',
  'systemctl reset-failed',
  'systemctl restart ungranted',
  'systemctl reset-failed ungranted',
  'systemctl restart other-name-of-ungranted',
  'systemctl restart granted ungranted',
  'systemctl restart granted@x.service',
  'systemctl restart constructor.service',
  'systemctl restart __proto__.service',
  'systemctl restart process-monitor',
  'systemctl restart mariadb',
  'systemctl isolate rescue.target',
  'systemctl daemon-reload',
  'systemctl daemon-reexec',
  'systemctl enable granted',
  'systemctl mask granted',
  'systemctl link /tmp/granted.service',
  'systemctl set-environment A=b',
  'systemctl cancel',
  'systemctl poweroff',
  'systemctl reboot',
  'systemctl --force --force reboot',
];

describeOnMachine('the daemon without rights of its own', () => {
  let host: MonitoredMachine;

  const asService = (line: string): Promise<RunResult> => {
    const user = '--reuid=process-monitor --regid=process-monitor --init-groups';
    return host.machine.sh(`setpriv ${user} -- ${line}`);
  };

  beforeAll(async () => {
    host = await bootMonitored({
      name: 'privilege',
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      units: { 'granted.service': SLEEPER },
    });
    const { machine } = host;
    // It comes after the grant, so it is not in it.
    await machine.installUnits({
      'ungranted.service': SLEEPER,
      'granted@.service': SLEEPER,
    });
    await machine.must('cd /etc/systemd/system && ln -s ungranted.service other-name-of-ungranted.service');
    await machine.must('systemctl daemon-reload && systemctl start granted ungranted');
    await host.addProcesses(NAMES);
    await host.start();
  });

  afterAll(() => host.machine.stop());

  it('runs as its own user, without capabilities, in a sandbox that systemd rates at 1.3 or better', async () => {
    const pid = await host.show('process-monitor', 'MainPID');
    expect(await host.machine.must(`stat -c %U:%G /proc/${pid}`)).toBe('process-monitor:process-monitor');
    const status = await host.machine.read(`/proc/${pid}/status`);
    for (const line of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(status).toMatch(new RegExp(`^${line}:\\t0+$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    await host.machine.must(`systemd-analyze security --no-pager --threshold=${MOST_EXPOSURE} process-monitor`);
    expect(await host.events('monitor.warned')).toEqual([]);
  });

  it('restarts the unit that was granted', async () => {
    const before = await host.show('granted', 'InvocationID');
    await host.raise(id('granted'));
    await host.waitUntilClear(id('granted'));
    expect(await host.show('granted', 'InvocationID')).not.toBe(before);
    const ended = await host.waitForEvent('restart.ended', { processName: 'granted' });
    expect(ended.map(({ outcome }) => outcome)).toEqual(['recovered']);
  });

  it('tells a unit that was not granted from one that is missing, and counts neither as a failure of the process', async () => {
    const before = await host.show('ungranted', 'InvocationID');
    await host.raise(id('ungranted'), id('missing'));
    const [ungranted] = await host.waitForEvent('restart.ended', { processName: 'ungranted' });
    const [missing] = await host.waitForEvent('restart.ended', { processName: 'missing' });
    expect(ungranted).toMatchObject({ outcome: 'refused' });
    expect(ungranted?.detail).toContain('Access denied');
    expect(missing).toMatchObject({ outcome: 'refused' });
    expect(missing?.detail).toContain('unit missing.service is not-found');
    expect(await host.show('ungranted', 'InvocationID')).toBe(before);
    for (const name of ['ungranted', 'missing']) {
      expect((await host.row(id(name))).alarma).toBe('1');
      expect(await host.events('breaker.changed', name)).toEqual([]);
    }
    expect(await storedMemoryText(host)).not.toMatch(/"failures":\s*[1-9]/);
  });

  it('is refused everything else that its user could ask of systemd', async () => {
    await host.machine.must('systemctl stop process-monitor');
    const before = await invocations(host.machine);
    const done: string[] = [];
    for (const line of FORBIDDEN) {
      // Several units in one command: the granted one may go, the other must not.
      const { code, stdout } = await asService(line);
      if (code === 0 || stdout.includes('uid=0')) done.push(line);
    }
    expect(done).toEqual([]);
    const after = await invocations(host.machine);
    expect({ ...after, 'granted.service': 'any' }).toEqual({ ...before, 'granted.service': 'any' });
    expect(await host.machine.must('systemctl is-active granted ungranted mariadb')).toBe('active\nactive\nactive');
    expect(await host.show('granted', 'CPUWeight')).toBe('[not set]');
    expect((await host.machine.sh('systemctl is-enabled granted')).stdout.trim()).toBe('static');
  });

  it('may restart the granted unit, and forget its failure, by any way of writing its one name', async () => {
    const before = await host.show('granted', 'InvocationID');
    expect((await asService('systemctl restart granted.service')).code).toBe(0);
    expect(await host.show('granted', 'InvocationID')).not.toBe(before);
    expect((await asService('systemctl reset-failed granted')).code).toBe(0);
  });

  it('has config check say that rights and settings have drifted, and grant brings them together', async () => {
    const drifted = await host.cli('config check --connect');
    expect(drifted.code).toBe(1);
    expect(drifted.stdout).toContain('rights: not what the settings need: run `process-monitor grant`');
    expect((await asService('systemctl restart ungranted')).code).not.toBe(0);
    // What is missing is refused, the others are granted.
    expect((await host.cli('grant')).code).toBe(1);
    const isGranted = async (): Promise<boolean> => (await asService('systemctl restart ungranted')).code === 0;
    await host.machine.waitFor(isGranted, { what: 'polkit to notice the changed rule' });
    expect((await host.cli('config check --connect')).stdout).toContain(
      'process-monitor may restart what the settings name',
    );
  });
});
