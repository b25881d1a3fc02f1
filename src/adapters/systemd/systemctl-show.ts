/** Reads what `systemctl show` prints about units. */
import type { UnitState } from '../../domain/unit-state.js';
import { toUnitState, type Property, type UnitProperties } from './unit-properties.js';

type Block = ReadonlyMap<string, string>;

/**
 * One state for each unit asked for, in the order asked: blocks of `Name=value` lines with an empty line between them.
 * systemd orders the lines as it likes and leaves out what a unit does not have. Anything else in the output (warnings)
 * is passed over.
 *
 * Example of a block: `MainPID=812⏎Id=mariadb.service⏎Names=mariadb.service mysql.service⏎ActiveState=active`
 */
export function parseShow(output: string): readonly UnitState[] {
  return output
    .split(/\n{2,}/)
    .map(parseBlock)
    .filter((block) => block.has('Id'))
    .map((block) => toUnitState(propertiesIn(block)));
}

function parseBlock(text: string): Block {
  const pairs = text.split('\n').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, Math.max(at, 0)), line.slice(at + 1)];
  });
  return new Map(pairs);
}

function propertiesIn(block: Block): UnitProperties {
  const text = (property: Property): string => block.get(property) ?? '';
  const number = (property: Property): number => (/^\d{1,20}$/.test(text(property)) ? Number(text(property)) : 0);
  return {
    text,
    number,
    isTrue: (property) => text(property) === 'yes',
    names: text('Names')
      .split(' ')
      .filter((name) => name !== ''),
    invocationId: text('InvocationID'),
    jobNumber: number('Job'),
  };
}
