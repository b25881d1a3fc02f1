/** Reads what systemd says of units over D-Bus. */
import type { UnitState } from '../../domain/unit-state.js';
import { KeySet } from './dbus/key-set.js';
import type { WireReader } from './dbus/wire-reader.js';
import { listIn, type WireValue } from './dbus/wire-writer.js';
import { SHOWN_PROPERTIES, toUnitState, type Property } from './unit-properties.js';

/** The same that `systemctl show` is asked for. */
const PROPERTIES = new KeySet(SHOWN_PROPERTIES);

/** What one call for many units tells of each: enough to pass over those that do not exist. */
export interface ListedUnit {
  readonly path: string;
  /** No unit file, and nothing of it is left running. */
  readonly isNothing: boolean;
}

export interface UnitReading {
  readonly state: UnitState;
  /** When it last left the state `inactive` or `failed`, milliseconds since boot; 0: never. */
  readonly startedMs: number;
}

/** An answer to `ListUnitsByNames`. Throws `WireError`. */
export function readListed(reader: WireReader): readonly ListedUnit[] {
  const [units] = reader.values('a(ssssssouso)');
  return listIn(units).map((unit) => {
    const [, , loadState, activeState, , , path] = listIn(unit);
    return { path: textOf(path), isNothing: loadState === 'not-found' && activeState === 'inactive' };
  });
}

/** An answer to `GetAll`. Throws `WireError`. */
export function readUnit(reader: WireReader): UnitReading {
  const found = reader.pick(PROPERTIES);
  const number = (name: Property): number => numberOf(found.get(name));
  const [jobNumber] = listIn(found.get('Job'));
  return {
    state: toUnitState({
      text: (name) => textOf(found.get(name)),
      number,
      isTrue: (name) => found.get(name) === true,
      names: listIn(found.get('Names')).map(textOf),
      invocationId: hexOf(found.get('InvocationID')),
      jobNumber: numberOf(jobNumber),
    }),
    startedMs: number('InactiveExitTimestampMonotonic') / 1000,
  };
}

/** Path of a unit's object. Source: systemd, `sd_bus_path_encode`: all but letters and digits as `_xx`. */
export function unitPath(unit: string): string {
  const label = unit.replaceAll(/[^A-Za-z]/g, (character, at: number) =>
    at > 0 && /\d/.test(character) ? character : `_${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `/org/freedesktop/systemd1/unit/${label}`;
}

function textOf(value: WireValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: WireValue | undefined): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

function hexOf(value: WireValue | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : '';
}
