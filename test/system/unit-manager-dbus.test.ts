/** The unit manager over D-Bus on a real systemd, and what becomes of it when the bus goes away. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { SystemBus } from '../../src/adapters/systemd/dbus/system-bus.js';
import { DbusUnitManager } from '../../src/adapters/systemd/dbus-unit-manager.js';
import { FallbackUnitManager } from '../../src/adapters/systemd/fallback-unit-manager.js';
import { SystemctlUnitManager } from '../../src/adapters/systemd/systemctl-unit-manager.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { UnitChange } from '../../src/ports/unit-manager.js';
import { contractOnMachine, HOLDS_ON, installContractUnits, RUNS, untilActivating } from './support/contract-units.js';
import type { BootedMachine } from './support/booted-machine.js';
import { describeOnMachine } from './support/describe-on-machine.js';
import { MachineRunner } from './support/machine-runner.js';
import { bootMachine } from './support/machine.js';

const OPTIONS = { timeoutMs: 20_000, signal: new AbortController().signal };

describeOnMachine('systemd over D-Bus', () => {
  const clock = new SystemClock();
  let machine: BootedMachine;
  let bus: SystemBus;
  let manager: DbusUnitManager;

  beforeAll(async () => {
    machine = await bootMachine({ name: 'bus-units' });
    await installContractUnits(machine);
    bus = busOf(machine);
    manager = new DbusUnitManager(bus, clock);
  });
  afterAll(async () => {
    bus.close();
    await machine.stop();
  });

  contractOnMachine(() => ({ machine, manager }), { tells: true });

  it('shows every unit exactly as systemctl shows it', async () => {
    // It would be another one by the second look.
    await machine.must('systemctl stop looping.service');
    // Names with a backslash are left out: systemctl puts them into quotes.
    const listed = await machine.must('systemctl list-units --all --plain --no-legend | cut -d " " -f 1');
    const units = listed.split('\n').filter((unit) => !/\.(?:device|scope)$|\\/.test(unit));
    const shown = new SystemctlUnitManager(new MachineRunner(machine));
    const [one, other] = [await manager.describe(units, OPTIONS), await shown.describe(units, OPTIONS)];
    if (typeof one === 'string' || typeof other === 'string') throw new Error('no answer');
    // Of one that does not exist there is nothing else to compare.
    const isThere = (unit: string) => other.get(unit)?.loadState !== 'not-found';
    for (const unit of units.filter(isThere)) expect(one.get(unit)).toEqual(other.get(unit));
    for (const unit of units) expect(one.get(unit)?.loadState).toBe(other.get(unit)?.loadState);
    expect(units.filter(isThere).length).toBeGreaterThan(30);
  });

  it('answers for ten thousand names, few of them units', async () => {
    const names = Array.from({ length: 10_000 }, (_, number) => (number % 100 === 0 ? 't@user.slice' : `no-${number}`));
    const states = await manager.describe([...names, 'steady'], { ...OPTIONS, timeoutMs: 60_000 });
    if (typeof states === 'string') throw new Error(states);
    expect(states.size).toBe(new Set(names).size + 1);
    expect(states.get('steady')?.loadState).toBe('loaded');
    expect(states.get('no-77')?.loadState).toBe('not-found');
  });

  it('says of a crash loop whose start limit is hit that it is, though systemd keeps the result of the crash', async () => {
    const text =
      '[Unit]\nStartLimitIntervalSec=600\nStartLimitBurst=3\n[Service]\nExecStart=/bin/false\nRestart=always\n';
    await machine.installUnit('crashing.service', `${text}RestartSec=100ms\n`);
    await manager.restart('crashing.service', OPTIONS);
    await machine.waitFor(async () => (await machine.sh('systemctl is-failed crashing')).stdout.trim() === 'failed', {
      what: 'the limit',
    });
    expect(await machine.must('systemctl show --value -p Result crashing')).toBe('exit-code');
    expect(await manager.restart('crashing.service', OPTIONS)).toMatchObject({ kind: 'start_limit' });
  });

  it('gives the same job to two who ask for the same, and both hear of its end', async () => {
    const restarts = [1, 2, 3].map(() => manager.restart('slow-to-start.service', OPTIONS));
    expect(await Promise.all(restarts)).toEqual([{ kind: 'done' }, { kind: 'done' }, { kind: 'done' }]);
  });

  it('restarts two hundred units at once', async () => {
    const names = Array.from({ length: 200 }, (_, number) => `storm@${number}.service`);
    await machine.installUnit('storm@.service', RUNS);
    const results = await Promise.all(names.map((name) => manager.restart(name, { ...OPTIONS, timeoutMs: 60_000 })));
    expect(results.filter(({ kind }) => kind !== 'done')).toEqual([]);
    await machine.must('systemctl stop "storm@*"');
  });

  it('goes on over a reload and a replacement of systemd', async () => {
    for (const how of ['daemon-reload', 'daemon-reexec']) {
      const restarted = manager.restart('slow-to-start.service', OPTIONS);
      await machine.must(`systemctl ${how}`);
      expect(await restarted).toEqual({ kind: 'done' });
      expect(await manager.restart('steady.service', OPTIONS)).toEqual({ kind: 'done' });
    }
  });

  it('hears of the end of a restart also when the bus was restarted in the middle of it', async () => {
    const restarted = manager.restart('slow-to-start.service', OPTIONS);
    await untilActivating(machine, 'slow-to-start.service');
    await machine.must('systemctl restart dbus.service');
    expect(await restarted).toEqual({ kind: 'done' });
    expect(await machine.must('systemctl show --value -p ActiveState slow-to-start')).toBe('active');
  });

  it('tells of everything that is followed when the bus has returned, and of changes after it', async () => {
    const told: UnitChange[] = [];
    const end = new AbortController();
    onTestFinished(() => end.abort());
    manager.follow(['steady', 'alias.service'], (change) => told.push(change), end.signal);
    await manager.restart('steady.service', OPTIONS);
    told.length = 0;
    await machine.must('systemctl restart dbus.service');
    // Of the loss, and of the return.
    const twice = (unit: string): boolean => told.filter(({ name, byJob }) => name === unit && !byJob).length >= 2;
    await machine.waitFor(async () => twice('steady') && twice('alias.service'), { what: 'both to be told' });
    // What the bus has answered on this connection, it has also begun to listen to.
    await machine.waitFor(async () => typeof (await manager.describe(['steady'], OPTIONS)) !== 'string', {
      what: 'an answer',
    });
    told.length = 0;
    await machine.must('systemctl kill --signal=KILL canonical.service');
    const isTold = async (): Promise<boolean> => told.some(({ name }) => name === 'alias.service');
    await machine.waitFor(isTold, { what: 'the end of one to be told' });
  });

  it('leaves the bus for systemctl while it is away, and comes back', async () => {
    const asked: string[] = [];
    const runner = new MachineRunner(machine);
    const second = new SystemctlUnitManager({
      run: (command, options) => {
        asked.push(command.args.find((arg) => /^(?:show|restart|reset-failed)$/.test(arg)) ?? '');
        return runner.run(command, options);
      },
    });
    const both = new FallbackUnitManager(manager, second, clock);
    expect(await both.restart('steady.service', OPTIONS)).toEqual({ kind: 'done' });
    expect(asked).toEqual([]);
    await machine.must('systemctl stop dbus.socket dbus.service');
    expect(await both.restart('steady.service', OPTIONS)).toEqual({ kind: 'done' });
    expect(await both.resetFailed('steady.service', OPTIONS)).toEqual({ kind: 'done' });
    const states = await both.describe(['steady.service'], OPTIONS);
    expect(typeof states === 'string' ? states : states.get('steady.service')?.activeState).toBe('active');
    expect(asked).toEqual(['restart', 'reset-failed', 'show']);
    expect(await manager.restart('steady.service', OPTIONS)).toMatchObject({ kind: 'unavailable' });
    await machine.must('systemctl start dbus.socket');
    await machine.waitFor(async () => typeof (await manager.describe(['steady'], OPTIONS)) !== 'string', {
      what: 'the bus to be back',
    });
    asked.length = 0;
    expect(await both.restart('steady.service', OPTIONS)).toEqual({ kind: 'done' });
    expect(asked).toEqual([]);
  });

  it('leaves a shutdown that has begun alone', async () => {
    await machine.installUnit('holds-on.service', HOLDS_ON);
    await machine.must('systemctl start holds-on.service && systemctl start --no-block poweroff.target');
    // The bus may be down by then: root has another way.
    const both = new FallbackUnitManager(manager, new SystemctlUnitManager(new MachineRunner(machine)), clock);
    expect(await both.restart('steady.service', OPTIONS)).toMatchObject({ kind: 'conflict' });
    expect(await machine.must('systemctl list-jobs')).toContain('poweroff.target');
  });
});

function busOf(machine: BootedMachine): SystemBus {
  return new SystemBus(new SystemClock(), `unix:path=/proc/${machine.pid}/root/run/dbus/system_bus_socket`);
}
