/** Requests to systemd over a scripted bus: what is asked, in which order, and what becomes of it when the bus goes away. */
import { beforeEach, describe, expect, it } from 'vitest';
import { SystemBus } from '../../../src/adapters/systemd/dbus/system-bus.js';
import { DbusUnitManager } from '../../../src/adapters/systemd/dbus-unit-manager.js';
import { FallbackUnitManager } from '../../../src/adapters/systemd/fallback-unit-manager.js';
import { SystemClock } from '../../../src/adapters/time/system-clock.js';
import { FakeClock } from '../../support/fake-clock.js';
import { recordingUnits } from '../../support/recording-units.js';
import type { ScriptedBus } from '../../support/scripted-bus.js';
import { endsAtOnce, JOB, listed, openUnitBus, shown, until } from '../../support/unit-bus.js';

const NEVER = new AbortController().signal;
const OPTIONS = { timeoutMs: 20_000, signal: NEVER };
const clock = new SystemClock();

describe('the unit manager over D-Bus', () => {
  let bus: ScriptedBus;
  let way: SystemBus;
  let manager: DbusUnitManager;
  beforeEach(async () => {
    ({ bus, way, manager } = await openUnitBus());
  });

  it('restarts in mode fail, and listens before it asks', async () => {
    bus.on('RestartUnit', () => {
      queueMicrotask(() => bus.jobRemoved(JOB, 'app.service', 'done'));
      return { signature: 'o', body: [JOB] };
    });
    expect(await manager.restart('app', OPTIONS)).toEqual({ kind: 'done' });
    expect(await manager.restart('app', OPTIONS)).toEqual({ kind: 'done' });
    const asked = bus.calls.map(({ member }) => member);
    expect(asked).toEqual(['Hello', 'AddMatch', 'Subscribe', 'RestartUnit', 'RestartUnit']);
    expect(bus.calls.at(-1)?.args).toEqual(['app.service', 'fail']);
  });

  it('hears the end of a job that comes before its number', async () => {
    bus.on('RestartUnit', endsAtOnce(bus, 'canceled'));
    expect(await manager.restart('app', OPTIONS)).toMatchObject({ kind: 'conflict' });
  });

  it('tells all who wait for a job that systemd has merged', async () => {
    bus.on('RestartUnit', () => ({ signature: 'o', body: [JOB] }));
    const restarts = Promise.all([1, 2, 3].map(() => manager.restart('app', OPTIONS)));
    await until(() => bus.asked().filter((member) => member === 'RestartUnit').length === 3);
    bus.jobRemoved('/another', 'other.service', 'failed');
    bus.jobRemoved(JOB, 'app.service', 'done');
    expect(await restarts).toEqual([{ kind: 'done' }, { kind: 'done' }, { kind: 'done' }]);
  });

  it.each([
    ['org.freedesktop.DBus.Error.AccessDenied', 'not_permitted'],
    ['org.freedesktop.DBus.Error.InteractiveAuthorizationRequired', 'not_permitted'],
    ['org.freedesktop.systemd1.TransactionIsDestructive', 'conflict'],
    ['org.freedesktop.systemd1.NoSuchUnit', 'impossible'],
    ['org.freedesktop.systemd1.UnitMasked', 'impossible'],
    ['org.freedesktop.systemd1.BadUnitSetting', 'impossible'],
    ['org.freedesktop.systemd1.OnlyByDependency', 'impossible'],
    ['org.freedesktop.systemd1.JobTypeNotApplicable', 'impossible'],
    ['org.freedesktop.DBus.Error.InvalidArgs', 'impossible'],
    ['org.freedesktop.DBus.Error.ServiceUnknown', 'unavailable'],
    ['org.freedesktop.DBus.Error.LimitsExceeded', 'unavailable'],
    ['org.example.Other', 'failed'],
  ])('takes the error %s as %s', async (error, kind) => {
    bus.on('RestartUnit', () => ({ error, message: 'said so' })).on('ResetFailedUnit', () => ({ error }));
    expect(await manager.restart('app', OPTIONS)).toMatchObject({ kind });
    expect(await manager.resetFailed('app', OPTIONS)).toMatchObject({ kind });
  });

  it.each([
    ['done', 'done'],
    ['skipped', 'done'],
    ['canceled', 'conflict'],
    ['timeout', 'failed'],
    ['dependency', 'failed'],
    ['assert', 'failed'],
    ['collected', 'failed'],
    ['something-new', 'failed'],
  ])('takes a job that ends as %s as %s', async (result, kind) => {
    bus.on('RestartUnit', endsAtOnce(bus, result));
    expect(await manager.restart('app', OPTIONS)).toMatchObject({ kind });
  });

  it.each([
    ['was not begun since', { beganAgoMs: 5000, result: 'exit-code' }, 'start_limit'],
    ['says so', { beganAgoMs: -5000, result: 'start-limit-hit' }, 'start_limit'],
    ['was begun', { beganAgoMs: -5000, result: 'exit-code' }, 'failed'],
  ])('tells a start limit from a failure by the unit, which %s', async (_, state, kind) => {
    bus.on('RestartUnit', endsAtOnce(bus, 'failed')).on('GetAll', () => shown(state));
    expect(await manager.restart('app', OPTIONS)).toMatchObject({ kind });
  });

  it('looks for a restart whose end was not heard, and asks for it only once', async () => {
    bus.on('RestartUnit', () => 'hang_up').on('GetAll', () => shown({ beganAgoMs: -5000, activeState: 'active' }));
    bus.on('Get', () => ({ signature: 'v', body: [{ signature: '(uo)', value: [0, '/'] }] }));
    expect(await manager.restart('app', OPTIONS)).toEqual({ kind: 'done' });
    expect(bus.asked().filter((member) => member === 'RestartUnit')).toHaveLength(1);
    expect(bus.connections).toBe(2);
  });

  it('waits for the job that it finds after the bus has returned', async () => {
    bus.on('RestartUnit', () => ({ signature: 'o', body: [JOB] }));
    bus.on('Get', () => {
      queueMicrotask(() => bus.jobRemoved(JOB, 'app.service', 'canceled'));
      return { signature: 'v', body: [{ signature: '(uo)', value: [7, JOB] }] };
    });
    const restarted = manager.restart('app', OPTIONS);
    await until(() => bus.asked().includes('RestartUnit'));
    bus.hangUp();
    expect(await restarted).toMatchObject({ kind: 'conflict' });
  });

  it('says that it does not know where nothing shows that the restart was ever begun', async () => {
    bus.on('RestartUnit', () => 'hang_up').on('GetAll', () => shown({ beganAgoMs: 5000, activeState: 'active' }));
    bus.on('Get', () => ({ signature: 'v', body: [{ signature: '(uo)', value: [0, '/'] }] }));
    expect(await manager.restart('app', OPTIONS)).toEqual({ kind: 'timed_out' });
  });

  it('ends at its deadline while the bus stays away', async () => {
    bus.on('RestartUnit', () => ({ signature: 'o', body: [JOB] }));
    const restarted = manager.restart('app', { timeoutMs: 400, signal: NEVER });
    await until(() => bus.asked().includes('RestartUnit'));
    await bus.stop();
    expect(await restarted).toEqual({ kind: 'timed_out' });
  });

  it('says of ten thousand names without a unit so with a few calls', async () => {
    bus.on('ListUnitsByNames', ({ args }) => ({
      signature: 'a(ssssssouso)',
      body: [(args[0] as readonly string[]).map((name) => listed(name))],
    }));
    const names = Array.from({ length: 10_000 }, (_, number) => `n${number}`);
    const states = await manager.describe(names, OPTIONS);
    expect(typeof states === 'string' ? states : states.size).toBe(10_000);
    expect(bus.asked()).toEqual(Array.from({ length: 20 }, () => 'ListUnitsByNames'));
  });

  it('says what is wrong with an address that is none', async () => {
    const nowhere = new SystemBus(clock, 'tcp:host=localhost');
    expect(await new DbusUnitManager(nowhere, clock).describe(['app'], OPTIONS)).not.toBeInstanceOf(Map);
    expect(nowhere.problem).toContain('DBUS_SYSTEM_BUS_ADDRESS names no unix socket');
  });

  it('has no answer where there is no bus, and does not try it again at once', async () => {
    ({ bus, way, manager } = await openUnitBus(new FakeClock()));
    await bus.stop();
    expect(await manager.describe(['app'], OPTIONS)).not.toBeInstanceOf(Map);
    expect(way.problem).toContain('ENOENT');
    await bus.start();
    expect(await manager.resetFailed('app', OPTIONS)).toMatchObject({ kind: 'unavailable', isPassing: true });
    expect(bus.connections).toBe(0);
  });

  it('goes another way only with what was certainly not done', async () => {
    const asked: string[] = [];
    const both = new FallbackUnitManager(manager, recordingUnits(asked), clock);
    bus.on('RestartUnit', () => 'hang_up').on('GetAll', () => shown({ beganAgoMs: 5000 }));
    bus.on('Get', () => ({ signature: 'v', body: [{ signature: '(uo)', value: [0, '/'] }] }));
    bus.on('ResetFailedUnit', () => ({ error: 'org.freedesktop.DBus.Error.AccessDenied' }));
    expect(await both.restart('app', OPTIONS)).toEqual({ kind: 'timed_out' });
    expect(await both.resetFailed('app', OPTIONS)).toMatchObject({ kind: 'not_permitted' });
    expect(asked).toEqual([]);
    await bus.stop();
    await until(() => way.problem !== null);
    expect(await both.restart('app', OPTIONS)).toEqual({ kind: 'done' });
    expect(await both.resetFailed('app', OPTIONS)).toEqual({ kind: 'done' });
    expect(await both.describe(['app'], OPTIONS)).toEqual(new Map());
    expect(asked).toEqual(['restart', 'resetFailed', 'describe']);
  });
});
