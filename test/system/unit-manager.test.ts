/** The unit manager and the notifier on a real systemd. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SdNotify } from '../../src/adapters/systemd/sd-notify.js';
import { SystemctlUnitManager } from '../../src/adapters/systemd/systemctl-unit-manager.js';
import type { BootedMachine } from './support/booted-machine.js';
import { contractOnMachine, HOLDS_ON, installContractUnits, RUNS } from './support/contract-units.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { MachineRunner } from './support/machine-runner.js';
import { bootMachine } from './support/machine.js';

const OPTIONS = { timeoutMs: 20_000, signal: new AbortController().signal };
const AS_NOBODY = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];

describeOnMachine('systemd', () => {
  let machine: BootedMachine;
  let manager: SystemctlUnitManager;

  beforeAll(async () => {
    machine = await bootMachine({ name: 'units' });
    manager = new SystemctlUnitManager(new MachineRunner(machine));
    await installContractUnits(machine);
  });
  afterAll(() => machine.stop());

  contractOnMachine(() => ({ machine, manager }), { tells: false });

  it('says in one sentence what systemd said', async () => {
    expect(await manager.restart('pre-fails.service', OPTIONS)).toEqual({
      kind: 'failed',
      detail: 'Job for pre-fails.service failed because the control process exited with error code.',
    });
  });

  it('leaves a shutdown that has begun alone', async () => {
    await using doomed = await bootMachine({ name: 'doomed' });
    const there = new SystemctlUnitManager(new MachineRunner(doomed));
    await doomed.installUnits({ 'steady.service': RUNS, 'holds-on.service': HOLDS_ON });
    await doomed.must('systemctl start steady.service holds-on.service && systemctl start --no-block poweroff.target');
    expect(await there.restart('steady.service', OPTIONS)).toMatchObject({ kind: 'conflict' });
    expect(await doomed.must('systemctl list-jobs')).toContain('poweroff.target');
  });

  it('says that a user without rights may look but not act', async () => {
    const unprivileged = new SystemctlUnitManager(new MachineRunner(machine, AS_NOBODY));
    const states = await unprivileged.describe(['steady'], OPTIONS);
    expect(states).toEqual(await manager.describe(['steady'], OPTIONS));
    expect(await unprivileged.restart('steady', OPTIONS)).toMatchObject({ kind: 'not_permitted' });
    expect(await unprivileged.resetFailed('steady', OPTIONS)).toMatchObject({ kind: 'not_permitted' });
  });

  it('says that systemd is not here, or does not answer, where it or its bus is missing', async () => {
    const busless = new MachineRunner(machine, [...AS_NOBODY, 'env', 'DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere']);
    const bootless = new MachineRunner(machine, ['unshare', '-m', 'sh', '-c', 'umount -l /run && exec "$@"', 'sh']);
    for (const [runner, unknown] of [
      [busless, 'no_answer'],
      [bootless, 'unavailable'],
    ] as const) {
      const lost = new SystemctlUnitManager(runner);
      expect(await lost.restart('steady', OPTIONS)).toMatchObject({ kind: 'unavailable' });
      expect(await lost.describe(['steady', 'canonical'], OPTIONS)).toBe(unknown);
    }
  });

  it('gives the start time on the clock that the monitor reads', async () => {
    await manager.restart('clocked.service', OPTIONS);
    const states = await manager.describe(['clocked'], OPTIONS);
    const uptimeMs = Number((await machine.read('/proc/uptime')).split(' ')[0]) * 1000;
    const startedMs = typeof states === 'string' ? 0 : (states.get('clocked')?.activeEnterMs ?? 0);
    expect(uptimeMs - startedMs).toBeGreaterThanOrEqual(-10);
    expect(uptimeMs - startedMs).toBeLessThan(5000);
  });

  it('tells systemd that it is ready, how it is and that it stops; a name with a line end in it changes nothing else', async () => {
    await machine.installUnit('notifying.service', NOTIFYING);
    await machine.must('systemctl start --no-block notifying.service');
    const socket = '/run/systemd/notify';
    const notifier = new SdNotify(new MachineRunner(machine, await inside(machine, 'notifying.service')), socket);
    const show = (property: string) => machine.must(`systemctl show --value -p ${property} notifying.service`);
    await notifier.status('starting');
    expect(await show('ActiveState')).toBe('activating');
    await notifier.ready();
    await machine.waitFor(async () => (await show('ActiveState')) === 'active', { what: 'READY=1' });
    const mainPid = await show('MainPID');
    await notifier.status('evil\nMAINPID=1\r\nSTOPPING=1');
    await machine.waitFor(async () => (await show('StatusText')) === 'evil MAINPID=1 STOPPING=1', { what: 'STATUS' });
    expect(await show('MainPID')).toBe(mainPid);
    expect(await show('ActiveState')).toBe('active');
    await notifier.stopping();
    await machine.waitFor(async () => (await show('ActiveState')) === 'deactivating', { what: 'STOPPING=1' });
  });
});

const NOTIFYING = '[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sleep 1000\n';

/** A prefix that runs a command in the control group of a unit, where systemd counts it as the unit's. */
async function inside(machine: BootedMachine, unit: string): Promise<readonly string[]> {
  const group = await machine.must(`systemctl show --value -p ControlGroup ${unit}`);
  return ['/bin/sh', '-c', `echo 0 >/sys/fs/cgroup${group}/cgroup.procs && exec "$@"`, 'sh'];
}
