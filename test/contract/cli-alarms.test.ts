/** The built program and the alarm table: status, and a person's own hand on the alarms. */
import { describe, expect, it } from 'vitest';
import { ended, ProgramSite, type SeededProcess } from '../support/program-site.js';

const SECTIONS = `[process.web]
restart_strategy = custom
restart_command = touch {dir}/acted
[process.off]
restart_strategy = custom
restart_command = touch {dir}/acted
enabled = no
`;

const PROCESSES: readonly SeededProcess[] = [
  { id: 1, name: 'web', alarma: 1, notes: 'seen by Ana' },
  { id: 2, name: 'off', alarma: 1, notes: null },
  { id: 3, name: 'quiet' },
  { id: 4, name: 'mine', alarma: 1, sound: 1, notes: 'on it' },
  { id: 5, name: 'e\u001b[2Jvil\nname', alarma: 1 },
];

describe('status', () => {
  it('tells of each alarm what the monitor would do, in the predecessor’s lines', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    const { exitCode, out } = await site.run('--status', '--lang', 'ro');
    expect(exitCode).toBe(0);
    const lines = out.split('\n');
    const heading = lines.indexOf('Procese în stare de alarmă (alarma=1, sound=0):');
    expect(lines.slice(heading + 1, heading + 7)).toEqual([
      'ID: 1 | Nume: web | Notes: seen by Ana',
      `    va fi repornit la următorul ciclu: run restart_command: touch ${site.directory}/acted`,
      'ID: 2 | Nume: off | Notes:',
      '    lăsat în pace: dezactivat în configurație',
      'ID: 5 | Nume: e\\e[2Jvil\\nname | Notes:',
      '    lăsat în pace: rândul nu poate fi folosit: not the name of a unit or program',
    ]);
    expect(lines).toContain('ID: 4 | Nume: mine | Notes: on it');
    expect(out).not.toContain('\u001b');
  });

  it('only looks: no row, no memory, no heartbeat of the daemon changes', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    const before = await site.rows();
    await site.run('status');
    await site.run('explain', 'web');
    await site.run('match', 'web');
    await site.run('breaker', 'list');
    expect(await site.rows()).toEqual(before);
    for (const name of ['acted', 'state', 'heartbeat', 'run', 'log']) expect(site.has(name)).toBe(false);
  });

  it('gives the same as data', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES, sections: SECTIONS });
    const { out } = await site.run('status', '--json');
    expect(JSON.parse(out)).toMatchObject({
      daemon: { kind: 'not_running' },
      database: { kind: 'answers' },
      memory: { kind: 'none' },
      alarms: [
        { row: { processId: 1 }, isRestarted: true, reason: { code: 'dry_run' } },
        { row: { processId: 2 }, isRestarted: false, reason: { code: 'disabled' } },
        { row: { processId: 5 }, isRestarted: false, reason: { code: 'invalid_name' } },
      ],
      acknowledged: [{ processId: 4 }],
    });
  });

  it('shows the memory where the database does not answer, says so and fails', async () => {
    const site = await ProgramSite.create({ sections: SECTIONS });
    const { exitCode, out } = await site.run('status');
    expect(exitCode).toBe(1);
    expect(out).toContain('Database: does not answer, who is in alarm is not known');
    expect(out).toContain('Memory: empty');
    expect(site.has('alarms.db')).toBe(false);
  });

  it('ends quietly when its reader goes away', async () => {
    const processes = Array.from({ length: 3000 }, (_, index) => ({
      id: index + 1,
      name: `p${index}`,
      alarma: 1,
      sound: 1,
    }));
    const site = await ProgramSite.create({ processes });
    const child = site.start('status');
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { err } = await ended(child);
    expect(err).toBe('');
  });
});

describe('alarms by hand', () => {
  it('raises, acknowledges and clears what is named, by name or id, and nothing else', async () => {
    const site = await ProgramSite.create({
      processes: [
        { id: 1, name: 'web', notes: 'old' },
        { id: 2, name: 'db', notes: 'keep' },
        { id: 3, name: 'web2', notes: 'keep' },
      ],
    });
    expect(await site.run('alarm', 'raise', 'web', '2')).toMatchObject({
      exitCode: 0,
      out: '2 processes put in alarm\n',
    });
    const stamp = /^Test alarm triggered at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
    expect(await site.rows()).toMatchObject([
      { alarma: 1, sound: 0, notes: expect.stringMatching(stamp) as string },
      { alarma: 1, sound: 0 },
      { alarma: 0, notes: 'keep' },
    ]);
    await site.run('alarm', 'ack', 'db');
    expect((await site.rows())[1]).toMatchObject({
      alarma: 1,
      sound: 1,
      notes: expect.stringMatching(stamp) as string,
    });
    await site.run('alarm', 'clear', 'web', 'db');
    const reset = /^Reset la \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
    expect(await site.rows()).toMatchObject([
      { alarma: 0, sound: 0, notes: expect.stringMatching(reset) as string },
      { alarma: 0, sound: 0 },
      { alarma: 0, notes: 'keep' },
    ]);
  });

  it('never acknowledges what is not in alarm: its next alarm would go unseen', async () => {
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }] });
    expect(await site.run('alarm', 'ack', 'web')).toMatchObject({ exitCode: 0, out: '0 alarms acknowledged\n' });
    expect(await site.rows()).toMatchObject([{ alarma: 0, sound: 0 }]);
  });

  it('changes nothing where one of the names is unknown', async () => {
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }] });
    const { exitCode, err } = await site.run('alarm', 'raise', 'web', 'we');
    expect(exitCode).toBe(2);
    expect(err).toContain('unknown process: we');
    expect(await site.rows()).toMatchObject([{ alarma: 0 }]);
  });

  it('with --all touches the processes of this host only', async () => {
    const processes = [
      { id: 1, name: 'web', hostId: 1 },
      { id: 2, name: 'db', hostId: 2 },
      { id: 3, name: 'far', hostId: 2, alarma: 1, notes: 'theirs' },
    ];
    const site = await ProgramSite.create({ processes, hostId: 1 });
    await site.run('alarm', 'raise', '--all', '--yes');
    expect((await site.rows()).map(({ alarma }) => alarma)).toEqual([1, 0, 1]);
    expect(await site.run('alarm', '--reset-all')).toMatchObject({ exitCode: 0, out: '1 alarm cleared\n' });
    expect(await site.rows()).toMatchObject([{ alarma: 0 }, { alarma: 0 }, { alarma: 1, notes: 'theirs' }]);
  });

  it('with --all asks a person, and without one needs --yes', async () => {
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }] });
    expect(await site.run('alarm', 'raise', '--all')).toMatchObject({ exitCode: 2, out: '' });
    expect(await site.rows()).toMatchObject([{ alarma: 0 }]);
  });

  it('lists every process of the host with its state', async () => {
    const site = await ProgramSite.create({ processes: PROCESSES });
    const { out } = await site.run('alarm', 'list', '--lang', 'ro');
    expect(out).toMatch(/^1 +web +în alarmă +seen by Ana$/m);
    expect(out).toMatch(/^3 +quiet +normal$/m);
    expect(out).toMatch(/^4 +mine +în alarmă, bifat +on it$/m);
  });

  it('raises at random for as many rounds as asked', async () => {
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }] });
    const { exitCode } = await site.run('alarm', '--random', '--min-delay', '0', '--max-delay', '0.1', '--count', '2');
    expect(exitCode).toBe(0);
    const note = expect.stringMatching(/^Random test at \d{4}/) as string;
    expect(await site.rows()).toMatchObject([{ alarma: 1, notes: note }]);
  });

  it('ends the random mode at a signal as something done', async () => {
    const site = await ProgramSite.create({ processes: [{ id: 1, name: 'web' }] });
    const child = site.start('alarm', 'random');
    child.stdout?.once('data', () => child.kill('SIGINT'));
    expect(await ended(child)).toMatchObject({ exitCode: 0, err: '' });
  });
});
