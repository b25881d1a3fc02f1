/** Asks for the states of units over D-Bus with as few calls as there are units that exist. */
import { existsSync } from 'node:fs';
import type { UnitState } from '../../domain/unit-state.js';
import type { UnitStates, UnitsUnknown } from '../../ports/unit-manager.js';
import type { CallResult } from './dbus/bus-connection.js';
import type { Deadline } from './dbus/deadline.js';
import { MANAGER, SYSTEMD, SYSTEMD_PATH, type SystemBus } from './dbus/system-bus.js';
import { isDoubtful } from './dbus-refusals.js';
import { readListed, readUnit, unitPath, type ListedUnit, type UnitReading } from './dbus-unit-state.js';
import { notFoundState } from './unit-properties.js';
import { toUnitName } from './unit-name.js';

/** Fewer are asked for one by one, in one round; of many, those without a unit are first told apart in one call. */
const FEW = 8;
const NAMES_PER_CALL = 500;
/** What systemd makes at its start. Source: sd_booted(3). */
const SYSTEMD_RUNS = '/run/systemd/system';

/** No answer. */
class Unanswered {
  readonly kind = 'unanswered';
}

export async function describeUnits(
  bus: SystemBus,
  names: readonly string[],
  deadline: Deadline,
): Promise<UnitStates | UnitsUnknown> {
  const units = [...new Set(names.map(toUnitName).filter((unit) => unit !== null))];
  const listed = units.length > FEW ? await listAll(bus, units, deadline) : units.map((unit) => found(unit));
  if (listed instanceof Unanswered) return whyUnknown();
  const paths = [...new Set(listed.filter(({ isNothing }) => !isNothing).map(({ path }) => path))];
  const readings = await Promise.all(paths.map(async (path) => [path, await readOne(bus, path, deadline)] as const));
  const byPath = new Map(readings);
  const states = new Map<string, UnitState>();
  for (const [index, unit] of units.entries()) {
    const { path, isNothing } = listed[index] ?? found(unit);
    const reading = isNothing ? 'no_unit' : (byPath.get(path) ?? 'no_answer');
    if (reading === 'no_answer') return whyUnknown();
    states.set(unit, reading === 'no_unit' ? notFoundState(unit) : reading.state);
  }
  return new Map(names.map((name) => [name, states.get(toUnitName(name) ?? '') ?? notFoundState(name)]));
}

/** Everything of one unit. `no_unit`: systemd has answered that there can be none of that name. */
export async function readOne(
  bus: SystemBus,
  path: string,
  deadline: Deadline,
): Promise<UnitReading | 'no_unit' | 'no_answer'> {
  const call = { destination: SYSTEMD, path, interface: 'org.freedesktop.DBus.Properties', member: 'GetAll' };
  const result = await bus.call({ ...call, signature: 's', body: [''] }, deadline);
  if (result.kind === 'reply' && result.signature === 'a{sv}') return readUnit(result.reader);
  return isRefused(result) ? 'no_unit' : 'no_answer';
}

async function listAll(
  bus: SystemBus,
  units: readonly string[],
  deadline: Deadline,
): Promise<readonly ListedUnit[] | Unanswered> {
  const parts: (readonly string[])[] = [];
  for (let first = 0; first < units.length; first += NAMES_PER_CALL)
    parts.push(units.slice(first, first + NAMES_PER_CALL));
  return joined(await Promise.all(parts.map((part) => list(bus, part, deadline))));
}

/**
 * In the order asked. One name that systemd will have nothing to do with spoils the answer for all: then halves are asked,
 * until it is alone.
 */
async function list(
  bus: SystemBus,
  units: readonly string[],
  deadline: Deadline,
): Promise<readonly ListedUnit[] | Unanswered> {
  const call = { destination: SYSTEMD, path: SYSTEMD_PATH, interface: MANAGER, member: 'ListUnitsByNames' };
  const result = await bus.call({ ...call, signature: 'as', body: [units] }, deadline);
  if (result.kind !== 'reply' && !isRefused(result)) return new Unanswered();
  const listed = result.kind === 'reply' ? readListed(result.reader) : [];
  if (listed.length === units.length) return listed;
  if (units.length === 1) return [{ path: '', isNothing: true }];
  const half = Math.ceil(units.length / 2);
  const halves = [units.slice(0, half), units.slice(half)];
  return joined(await Promise.all(halves.map((part) => list(bus, part, deadline))));
}

function joined(parts: readonly (readonly ListedUnit[] | Unanswered)[]): readonly ListedUnit[] | Unanswered {
  const all: ListedUnit[] = [];
  for (const part of parts) {
    if (part instanceof Unanswered) return part;
    all.push(...part);
  }
  return all;
}

function found(unit: string): ListedUnit {
  return { path: unitPath(unit), isNothing: false };
}

/** systemd itself has said no, and not for lack of time or room. */
function isRefused(result: CallResult): boolean {
  return (
    result.kind === 'error' &&
    !isDoubtful(result) &&
    !/\.(?:ServiceUnknown|NameHasNoOwner|LimitsExceeded)$/.test(result.name)
  );
}

function whyUnknown(): UnitsUnknown {
  return existsSync(SYSTEMD_RUNS) ? 'no_answer' : 'unavailable';
}
