/** Changes of units over a scripted bus: who is told of which, also when the bus comes late, or goes and comes back. */
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { SystemBus } from '../../../src/adapters/systemd/dbus/system-bus.js';
import type { DbusUnitManager } from '../../../src/adapters/systemd/dbus-unit-manager.js';
import { SystemClock } from '../../../src/adapters/time/system-clock.js';
import type { UnitChange } from '../../../src/ports/unit-manager.js';
import type { ScriptedBus } from '../../support/scripted-bus.js';
import { changed, endsAtOnce, openUnitBus, shown, until } from '../../support/unit-bus.js';

const NEVER = new AbortController().signal;
const OPTIONS = { timeoutMs: 20_000, signal: NEVER };
const clock = new SystemClock();

function follow(
  manager: DbusUnitManager,
  name: string,
): { readonly told: UnitChange[]; readonly end: AbortController } {
  const [told, end] = [[] as UnitChange[], new AbortController()];
  manager.follow([name], (change) => told.push(change), end.signal);
  onTestFinished(() => end.abort());
  return { told, end };
}

describe('the unit manager over D-Bus', () => {
  let bus: ScriptedBus;
  let way: SystemBus;
  let manager: DbusUnitManager;
  beforeEach(async () => {
    ({ bus, way, manager } = await openUnitBus());
  });

  it('tells of changes of the units that are followed, and of all after a gap', async () => {
    bus.on('Get', () => ({ signature: 'v', body: [{ signature: 's', value: 'app.service' }] }));
    const told: UnitChange[] = [];
    const end = new AbortController();
    manager.follow(['app', '*'], (change) => told.push(change), end.signal);
    await until(() => told.length === 1 && bus.asked().includes('Get'));
    for (const job of [0, 7, 0, 0]) changed(bus, job);
    await until(() => told.length === 5);
    expect(told.map(({ byJob }) => byJob)).toEqual([false, false, true, true, false]);
    expect(manager.isHearing).toBe(true);
    bus.hangUp();
    // That nothing is told for now, and, once it is again, what may have been missed.
    await until(() => told.length === 6);
    expect(manager.isHearing).toBe(false);
    await until(() => told.length === 7);
    expect(manager.isHearing).toBe(true);
    end.abort();
    await until(() => {
      changed(bus, 7);
      return bus.calls.at(-1)?.member === 'RemoveMatch';
    });
    expect(told).toHaveLength(7);
  });

  it('handles a unit with three requests of its own, and two more messages where it is followed', async () => {
    bus
      .on('RestartUnit', endsAtOnce(bus, 'done'))
      .on('GetAll', () => shown({ beganAgoMs: -5000, activeState: 'active' }));
    await manager.restart('other', OPTIONS);
    const before = bus.calls.length;
    await manager.describe(['app'], OPTIONS);
    await manager.restart('app', OPTIONS);
    // Until it has settled, and then for its stable period.
    for (let phase = 0; phase < 2; phase += 1) {
      const { end } = follow(manager, 'app');
      await manager.describe(['app'], OPTIONS);
      end.abort();
    }
    await until(() => {
      changed(bus, 0);
      return bus.calls.at(-1)?.member === 'RemoveMatch';
    });
    const asked = bus.calls.slice(before).map(({ member }) => member);
    expect(asked).toEqual(['GetAll', 'RestartUnit', 'AddMatch', 'GetAll', 'GetAll', 'RemoveMatch']);
    expect(bus.calls.map(({ wantsAnswer, member }) => wantsAnswer === (member !== 'RemoveMatch'))).not.toContain(false);
  });

  it('follows under its canonical name a unit that was described by another', async () => {
    bus.on('RestartUnit', endsAtOnce(bus, 'done')).on('GetAll', () => shown({ beganAgoMs: 5000 }));
    await manager.restart('other', OPTIONS);
    await manager.describe(['alias'], OPTIONS);
    const { told } = follow(manager, 'alias');
    await until(() => bus.calls.at(-1)?.member === 'AddMatch');
    changed(bus, 7);
    await until(() => told.length > 0);
    expect(told).toEqual([{ name: 'alias', byJob: true }]);
    expect(bus.asked()).not.toContain('Get');
  });

  it('follows each unit under its canonical name also where the bus comes later', async () => {
    await bus.stop();
    const nameAt = (path: string): string => (path.endsWith('/steady_2eservice') ? 'steady.service' : 'app.service');
    bus.on('Get', ({ path }) => ({ signature: 'v', body: [{ signature: 's', value: nameAt(path) }] }));
    const [steady, alias] = [follow(manager, 'steady'), follow(manager, 'alias')];
    await until(() => way.problem !== null);
    await bus.start();
    await until(() => {
      changed(bus, 7);
      return alias.told.some(({ byJob }) => byJob);
    });
    expect(steady.told.some(({ byJob }) => byJob)).toBe(false);
  });

  it('asks anew for a name where the bus was away since it was told', async () => {
    bus.on('RestartUnit', endsAtOnce(bus, 'done')).on('GetAll', () => shown({ beganAgoMs: 5000 }));
    await manager.restart('other', OPTIONS);
    await manager.describe(['app'], OPTIONS);
    bus.hangUp();
    await until(() => way.problem !== null);
    while ((await manager.restart('other', OPTIONS)).kind !== 'done') await clock.sleep(5, NEVER);
    follow(manager, 'app');
    await until(() => bus.asked().includes('Get'));
  });

  it('never keeps so many rules that the bus would refuse one', async () => {
    bus.on('RestartUnit', endsAtOnce(bus, 'done'));
    bus.on('Get', () => ({ signature: 'v', body: [{ signature: 's', value: 'app.service' }] }));
    await manager.restart('other', OPTIONS);
    for (let number = 0; number < 300; number += 1) follow(manager, `n${number}`).end.abort();
    const count = (wanted: string): number => bus.calls.filter(({ member }) => member === wanted).length;
    await until(() => count('AddMatch') === 301 && count('RemoveMatch') >= 200);
    expect(count('RemoveMatch')).toBe(200);
  });
});
