/** Reads what systemd says of units over D-Bus. */
import { wasAskedToEnd } from '../../domain/unit-end.js';
import type { UnitState } from '../../domain/unit-state.js';
import type { WireReader } from './dbus/wire-reader.js';
import type { WireValue } from './dbus/wire-writer.js';
import { SHOWN_PROPERTIES } from './systemctl-show.js';

/** The same that `systemctl show` is asked for. */
const PROPERTIES: ReadonlySet<string> = new Set(SHOWN_PROPERTIES);

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
  return listOf(units).map((unit) => {
    const [, , loadState, activeState, , , path] = listOf(unit);
    return { path: textOf(path), isNothing: loadState === 'not-found' && activeState === 'inactive' };
  });
}

/** An answer to `GetAll`. Throws `WireError`. */
export function readUnit(reader: WireReader): UnitReading {
  const found = reader.pick(PROPERTIES);
  const text = (name: string): string => textOf(found.get(name));
  const number = (name: string): number => numberOf(found.get(name));
  const [jobNumber] = listOf(found.get('Job'));
  return {
    state: {
      id: text('Id'),
      names: listOf(found.get('Names')).map(textOf),
      loadState: text('LoadState'),
      activeState: text('ActiveState'),
      subState: text('SubState'),
      type: text('Type'),
      result: text('Result'),
      restartPolicy: text('Restart'),
      mainPid: number('MainPID'),
      invocationId: hexOf(found.get('InvocationID')),
      nRestarts: number('NRestarts'),
      execMainStatus: number('ExecMainStatus'),
      activeEnterMs: number('ActiveEnterTimestampMonotonic') / 1000,
      wasAskedToEnd: wasAskedToEnd({
        leftInactive: number('InactiveExitTimestampMonotonic'),
        leftActive: number('ActiveExitTimestampMonotonic'),
        programEnded: number('ExecMainExitTimestampMonotonic'),
      }),
      hasJob: numberOf(jobNumber) > 0,
      refusesManualStart: found.get('RefuseManualStart') === true,
      // Until its conditions have been looked at for the first time, systemd shows them as unmet.
      conditionHeld: found.get('ConditionResult') === true || number('ConditionTimestampMonotonic') === 0,
    },
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

function listOf(value: WireValue | undefined): readonly WireValue[] {
  // Array.isArray forgets what the elements of a readonly array are.
  return Array.isArray(value) ? (value as readonly WireValue[]) : [];
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
