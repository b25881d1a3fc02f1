/** A scripted bus with systemd's answers and signals about units, and the unit manager that asks it. */
import { onTestFinished } from 'vitest';
import { SystemBus } from '../../src/adapters/systemd/dbus/system-bus.js';
import type { WireValue } from '../../src/adapters/systemd/dbus/wire-writer.js';
import { DbusUnitManager } from '../../src/adapters/systemd/dbus-unit-manager.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { Clock } from '../../src/ports/clock.js';
import { ScriptedBus, type ScriptedAnswer } from './scripted-bus.js';
import { temporaryDirectory } from './temporary-directory.js';

const NEVER = new AbortController().signal;
export const JOB = '/org/freedesktop/systemd1/job/7';
const APP = '/org/freedesktop/systemd1/unit/app_2eservice';
const clock = new SystemClock();

interface UnitBus {
  readonly bus: ScriptedBus;
  readonly way: SystemBus;
  readonly manager: DbusUnitManager;
}

/** Ends with the test. `time`: that of the manager. */
export async function openUnitBus(time: Clock = clock): Promise<UnitBus> {
  const bus = new ScriptedBus(await temporaryDirectory());
  await bus.start();
  const way = new SystemBus(time, `unix:path=${bus.path}`);
  onTestFinished(async () => {
    way.close();
    await bus.stop();
  });
  return { bus, way, manager: new DbusUnitManager(way, time) };
}

/** A restart of `app.service` whose end is told before its number. */
export function endsAtOnce(bus: ScriptedBus, result: string): () => ScriptedAnswer {
  return () => ({
    signature: 'o',
    body: [JOB],
    before: () => bus.jobRemoved(JOB, 'app.service', result),
  });
}

/** An answer to GetAll. */
export function shown(state: { beganAgoMs: number; result?: string; activeState?: string }): {
  signature: string;
  body: readonly WireValue[];
} {
  const beganUs = BigInt(Math.round((clock.monotonicMs() - state.beganAgoMs) * 1000));
  const entries = [
    ['Id', { signature: 's', value: 'app.service' }],
    ['ActiveState', { signature: 's', value: state.activeState ?? 'failed' }],
    ['Result', { signature: 's', value: state.result ?? 'success' }],
    ['InactiveExitTimestampMonotonic', { signature: 't', value: beganUs }],
  ] as const;
  return { signature: 'a{sv}', body: [entries] };
}

/** An entry of ListUnitsByNames for a name without a unit. */
export function listed(name: string): WireValue {
  return [name, name, 'not-found', 'inactive', 'dead', '', `/unit/${name}`, 0, '', '/'];
}

export function changed(bus: ScriptedBus, job: number): void {
  const fields = { path: APP, interface: 'org.freedesktop.DBus.Properties', member: 'PropertiesChanged' };
  const properties = [['Job', { signature: '(uo)', value: [job, '/'] }]] as const;
  bus.signal(fields, 'sa{sv}as', ['org.freedesktop.systemd1.Unit', properties, []]);
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await clock.sleep(5, NEVER);
}
