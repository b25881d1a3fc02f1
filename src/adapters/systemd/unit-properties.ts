/** The properties of a unit that are asked for, and the state that they make, in whichever way systemd was asked. */
import { wasAskedToEnd } from '../../domain/unit-end.js';
import type { UnitState } from '../../domain/unit-state.js';

/** What to ask for. */
export const SHOWN_PROPERTIES = [
  'Id',
  'Names',
  'LoadState',
  'ActiveState',
  'SubState',
  'Type',
  'Result',
  'Restart',
  'MainPID',
  'InvocationID',
  'NRestarts',
  'ExecMainStatus',
  'InactiveExitTimestampMonotonic',
  'ActiveEnterTimestampMonotonic',
  'ActiveExitTimestampMonotonic',
  'ExecMainExitTimestampMonotonic',
  'Job',
  'RefuseManualStart',
  'ConditionResult',
  'ConditionTimestampMonotonic',
] as const;

export type Property = (typeof SHOWN_PROPERTIES)[number];

/** What systemd has said of one unit. A property that the unit does not have is empty, 0 or false. */
export interface UnitProperties {
  readonly text: (property: Property) => string;
  readonly number: (property: Property) => number;
  readonly isTrue: (property: Property) => boolean;
  readonly names: readonly string[];
  /** Hexadecimal. */
  readonly invocationId: string;
  /** 0: no job. */
  readonly jobNumber: number;
}

export function toUnitState({ text, number, isTrue, ...unit }: UnitProperties): UnitState {
  return {
    id: text('Id'),
    names: unit.names,
    loadState: text('LoadState'),
    activeState: text('ActiveState'),
    subState: text('SubState'),
    type: text('Type'),
    result: text('Result'),
    restartPolicy: text('Restart'),
    mainPid: number('MainPID'),
    invocationId: unit.invocationId,
    nRestarts: number('NRestarts'),
    execMainStatus: number('ExecMainStatus'),
    activeEnterMs: number('ActiveEnterTimestampMonotonic') / 1000,
    wasAskedToEnd: wasAskedToEnd({
      leftInactive: number('InactiveExitTimestampMonotonic'),
      leftActive: number('ActiveExitTimestampMonotonic'),
      programEnded: number('ExecMainExitTimestampMonotonic'),
    }),
    hasJob: unit.jobNumber > 0,
    refusesManualStart: isTrue('RefuseManualStart'),
    // Until its conditions have been looked at for the first time, systemd shows them as unmet.
    conditionHeld: isTrue('ConditionResult') || number('ConditionTimestampMonotonic') === 0,
  };
}

/** The state of a unit that systemd has never heard of. */
export function notFoundState(unit: string): UnitState {
  const nothing = { text: () => '', number: () => 0, isTrue: () => false, names: [], invocationId: '', jobNumber: 0 };
  const states = { loadState: 'not-found', activeState: 'inactive', subState: 'dead' };
  return { ...toUnitState(nothing), id: unit, names: [unit], ...states };
}
