/** Reading of what `systemctl show` prints. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseShow } from '../../../src/adapters/systemd/systemctl-show.js';

const MARIADB = `Type=notify
Restart=on-abnormal
MainPID=812
NRestarts=2
ExecMainStatus=0
Result=success
Id=mariadb.service
Names=mysql.service mariadb.service
LoadState=loaded
ActiveState=active
SubState=running
ActiveEnterTimestampMonotonic=1234567
Job=17
RefuseManualStart=no
ConditionResult=yes
ConditionTimestampMonotonic=1200000
InvocationID=0123456789abcdef0123456789abcdef
`;

describe('parseShow', () => {
  it('reads a service', () => {
    expect(parseShow(MARIADB)).toEqual([
      {
        id: 'mariadb.service',
        names: ['mysql.service', 'mariadb.service'],
        loadState: 'loaded',
        activeState: 'active',
        subState: 'running',
        type: 'notify',
        result: 'success',
        restartPolicy: 'on-abnormal',
        mainPid: 812,
        invocationId: '0123456789abcdef0123456789abcdef',
        nRestarts: 2,
        execMainStatus: 0,
        activeEnterMs: 1234.567,
        wasAskedToEnd: false,
        hasJob: true,
        refusesManualStart: false,
        conditionHeld: true,
      },
    ]);
  });

  it('takes the properties that a unit does not have as none', () => {
    expect(parseShow('Id=a.timer\nNames=a.timer\nActiveState=active\n')).toMatchObject([
      { id: 'a.timer', mainPid: 0, nRestarts: 0, hasJob: false, type: '', refusesManualStart: false },
    ]);
  });

  it.each([
    ['was asked to end from one', 19, 20, true],
    ['ended by itself from one', 20, 19, false],
  ])('reads a unit whose program %s that did not', (_what, downAt, endedAt, wasAskedToEnd) => {
    const times = `ActiveExitTimestampMonotonic=${downAt}\nExecMainExitTimestampMonotonic=${endedAt}`;
    const shown = `Id=a.service\nInactiveExitTimestampMonotonic=10\n${times}\n`;
    expect(parseShow(shown)).toMatchObject([{ wasAskedToEnd }]);
  });

  it('tells a condition that failed from one that has never been looked at', () => {
    const seen = (timestamp: number) =>
      parseShow(`Id=a.service\nConditionResult=no\nConditionTimestampMonotonic=${timestamp}\n`)[0]?.conditionHeld;
    expect([seen(0), seen(99)]).toEqual([true, false]);
  });

  it('keeps the order of the answers, and passes over lines that are none', () => {
    const output = `Warning: something\n${MARIADB}\n\nId=b.service\nMainPID=[not set]\n\nId=c.service\n`;
    expect(parseShow(output).map(({ id, mainPid }) => [id, mainPid])).toEqual([
      ['mariadb.service', 812],
      ['b.service', 0],
      ['c.service', 0],
    ]);
  });

  it('gives one state for each block, whatever the values hold', () => {
    const value = fc.stringMatching(/^[^\n]{0,40}$/);
    const unit = fc.record({
      Id: fc.stringMatching(/^[a-z@.\\-]{1,30}\.service$/),
      SubState: value,
      MainPID: value,
      Names: value,
    });
    fc.assert(
      fc.property(fc.array(unit), (units) => {
        const blocks = units.map((one) =>
          Object.entries(one)
            .map(([name, text]) => `${name}=${text}\n`)
            .join(''),
        );
        const states = parseShow(blocks.join('\n'));
        expect(states.map(({ id, subState }) => [id, subState])).toEqual(
          units.map(({ Id, SubState }) => [Id, SubState]),
        );
        expect(states.every(({ mainPid }) => Number.isInteger(mainPid) && mainPid >= 0)).toBe(true);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseShow(text)));
  });
});
