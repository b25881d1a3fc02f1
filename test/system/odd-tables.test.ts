/** Tables without a key: twins, orphans, rows of other hosts. Only ours are touched, each process once. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnMachine } from './support/describe-on-machine.js';
import { bootMonitored, type MonitoredMachine } from './support/monitored-machine.js';

const TRACES = '/run/traces';

const COUNTED = `[Service]
ExecStartPre=/bin/sh -c 'echo started >>${TRACES}/%N'
ExecStart=/bin/sleep infinity
`;

const SCHEMA = `
  CREATE TABLE PROCESE (process_id BIGINT, process_name VARCHAR(255)) CHARACTER SET utf8mb4;
  CREATE TABLE STATUS_PROCESS (process_id BIGINT, host_id INT, alarma INT, sound INT, notes VARCHAR(100)) CHARACTER SET utf8mb4;`;

const PROCESSES = `
[process.default]
restart_strategy = service
settle_time = 0
stable_time = 2

[process.second-name]
system_name = shared

[process.twins]
[process.muted]
[process.listed-twice]
[process.shared]
[process.everywhere]
[process.sound-null]
`;

const UNITS = ['twins', 'muted', 'listed-twice', 'shared', 'elsewhere', 'everywhere', 'sound-null'];

/** process_id, host_id, alarma, sound, notes: as the operator finds them afterwards, where they are not to be changed. */
const UNTOUCHED = [
  ['2', '1', '1', '1', 'muted twin'],
  ['6', '2', '1', '0', 'of another host'],
  ['7', '2', '1', '0', 'of another host'],
  ['8', null, '1', '0', 'of no host'],
  ['99', '1', '1', '0', 'orphan'],
  [null, '1', '1', '0', 'no id'],
] as const;

describeOnMachine('a table without a key', () => {
  let host: MonitoredMachine;

  beforeAll(async () => {
    const units = Object.fromEntries(UNITS.map((name) => [`${name}.service`, COUNTED]));
    host = await bootMonitored({
      name: 'odd-tables',
      schema: SCHEMA,
      units,
      processes: PROCESSES,
      monitor: 'mass_alarm_percent = 0',
      sections: '[host]\nhost_id = 1',
    });
    await host.machine.must(`mkdir ${TRACES} && systemctl start ${UNITS.join(' ')}`);
    const quoted = UNTOUCHED.map(
      (row) => `(${row.map((value) => (value === null ? 'NULL' : `'${value}'`)).join(', ')})`,
    );
    await host.sql(`
      INSERT INTO PROCESE VALUES (1, 'twins'), (2, 'muted'), (3, 'listed-twice'), (3, 'listed-twice'), (4, 'shared'),
        (5, 'second-name'), (6, 'elsewhere'), (7, 'everywhere'), (8, 'elsewhere'), (9, 'sound-null');
      INSERT INTO STATUS_PROCESS VALUES (1, 1, 1, 0, 'first'), (1, 1, 1, 0, 'second'), (1, 1, 1, 0, NULL), (2, 1, 1, 0, 'open twin'),
        (3, 1, 1, 0, 'x'), (4, 1, 1, 0, 'x'), (5, 1, 1, 0, 'x'), (7, 1, 1, 0, 'x'), (9, 1, 1, NULL, 'x');
      INSERT INTO STATUS_PROCESS VALUES ${quoted.join(', ')}`);
    await host.start();
    const isClear = async (): Promise<boolean> => {
      const [row] = await host.sql(
        `SELECT COUNT(*) FROM STATUS_PROCESS WHERE host_id = 1 AND alarma = 1 AND COALESCE(sound, 0) = 0`,
      );
      return row?.[0] === '2'; // the orphan and the row without an id
    };
    await host.machine.waitFor(isClear, { what: 'every row of ours to be clear', timeoutMs: 20_000 });
    await host.waitForEvent('process.stable', { count: 6 });
  });

  afterAll(() => host.machine.stop());

  it('leads to one restart of each process of ours, also where rows or names are doubled', async () => {
    const counted = await host.machine.must(`cd ${TRACES} && grep -c started *`);
    // Each was started once before the daemon was.
    expect(Object.fromEntries(counted.split('\n').map((line) => line.split(':')))).toEqual({
      twins: '2',
      muted: '2',
      'listed-twice': '2',
      shared: '2',
      elsewhere: '1',
      everywhere: '2',
      'sound-null': '2',
    });
    expect(await host.events('restart.ended')).toHaveLength(6);
  });

  it('has every twin reset with its own note', async () => {
    const rows = await host.sql(`SELECT notes FROM STATUS_PROCESS WHERE process_id = 1 AND alarma = 0`);
    const stamp = 'Restarted at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
    const notes = rows.map(([text]) => text ?? '').sort();
    expect(notes).toHaveLength(3);
    expect(notes[0]).toMatch(new RegExp(`^${stamp}$`));
    expect(notes[1]).toMatch(new RegExp(`^first - ${stamp}$`));
    expect(notes[2]).toMatch(new RegExp(`^second - ${stamp}$`));
    const shared = await host.sql('SELECT alarma FROM STATUS_PROCESS WHERE process_id IN (4, 5)');
    expect(shared).toEqual([['0'], ['0']]);
  });

  it('keeps muted twins, orphans and rows of other hosts as they are', async () => {
    const rows = await host.sql(
      'SELECT process_id, host_id, alarma, sound, notes FROM STATUS_PROCESS WHERE alarma = 1',
    );
    const sorted = (list: readonly (readonly (string | null)[])[]): readonly string[] =>
      list.map((row) => JSON.stringify(row)).sort();
    expect(sorted(rows)).toEqual(sorted(UNTOUCHED));
  });

  it('has orphans and rows without an id told once, and other hosts not at all', async () => {
    const skipped = await host.events('alarm.skipped');
    const told = skipped.filter(({ reason }) => reason === 'orphan' || reason === 'invalid_name');
    expect(told.map(({ processId, reason }) => [processId, reason])).toEqual([
      [undefined, 'invalid_name'],
      [99, 'orphan'],
    ]);
    const lines = await host.log();
    expect(lines.filter(({ processId, processName }) => processId === 6 || processName === 'elsewhere')).toEqual([]);
  });
});
