/** Reads what `systemctl show` prints about units. */
import { wasAskedToEnd } from '../../domain/unit-end.js';
import type { UnitState } from '../../domain/unit-state.js';

/** What to ask for. systemd prints them in an order of its own, and leaves out those that a unit does not have. */
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

type Property = (typeof SHOWN_PROPERTIES)[number];
type Block = ReadonlyMap<string, string>;

/**
 * One state for each unit asked for, in the order asked: blocks of `Name=value` lines with an empty line between them.
 * Anything else in the output (warnings) is passed over.
 *
 * Example of a block: `MainPID=812⏎Id=mariadb.service⏎Names=mariadb.service mysql.service⏎ActiveState=active`
 */
export function parseShow(output: string): readonly UnitState[] {
  return output
    .split(/\n{2,}/)
    .map(parseBlock)
    .filter((block) => block.has('Id'))
    .map(toUnitState);
}

/** The state of a unit that systemd has never heard of. */
export function notFoundState(unit: string): UnitState {
  return {
    ...toUnitState(new Map()),
    id: unit,
    names: [unit],
    loadState: 'not-found',
    activeState: 'inactive',
    subState: 'dead',
  };
}

function parseBlock(text: string): Block {
  const pairs = text.split('\n').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, Math.max(at, 0)), line.slice(at + 1)];
  });
  return new Map(pairs);
}

function toUnitState(block: Block): UnitState {
  const text = (property: Property): string => block.get(property) ?? '';
  const number = (property: Property): number => (/^\d{1,20}$/.test(text(property)) ? Number(text(property)) : 0);
  return {
    id: text('Id'),
    names: text('Names')
      .split(' ')
      .filter((name) => name !== ''),
    loadState: text('LoadState'),
    activeState: text('ActiveState'),
    subState: text('SubState'),
    type: text('Type'),
    result: text('Result'),
    restartPolicy: text('Restart'),
    mainPid: number('MainPID'),
    invocationId: text('InvocationID'),
    nRestarts: number('NRestarts'),
    execMainStatus: number('ExecMainStatus'),
    activeEnterMs: number('ActiveEnterTimestampMonotonic') / 1000,
    wasAskedToEnd: wasAskedToEnd({
      leftInactive: number('InactiveExitTimestampMonotonic'),
      leftActive: number('ActiveExitTimestampMonotonic'),
      programEnded: number('ExecMainExitTimestampMonotonic'),
    }),
    hasJob: number('Job') > 0,
    refusesManualStart: text('RefuseManualStart') === 'yes',
    // Until its conditions have been looked at for the first time, systemd shows them as unmet.
    conditionHeld: text('ConditionResult') === 'yes' || number('ConditionTimestampMonotonic') === 0,
  };
}
