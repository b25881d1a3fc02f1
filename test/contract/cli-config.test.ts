/** The built program and its settings: what it says of them, and that looking changes nothing. */
import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ended, ProgramSite, startProgram } from '../support/program-site.js';
import { ScriptedBus } from '../support/scripted-bus.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MISTAKES = `[database]
engine = sqlite
path = alarms.db
[monitor]
check_intervall = 5
max_restart_failures = many
[process.web]
restart_strategy = custom
`;

describe('config check', () => {
  it.each([[['config', 'check']], [['--config-test']]])(
    'prints every mistake with its line and ends with 78: %j',
    async (words) => {
      const file = `${await temporaryDirectory()}/config.ini`;
      await writeFile(file, MISTAKES, { mode: 0o600 });
      const { exitCode, out } = await ended(startProgram(['--config', file, ...words]));
      expect(exitCode).toBe(78);
      expect(out).toContain(`${file}:3: [database] path:`);
      expect(out).toContain(`${file}:5: [monitor] check_intervall: unknown key; did you mean check_interval?`);
      expect(out).toContain(`${file}:6: [monitor] max_restart_failures:`);
      expect(out).toContain(`[process.web] restart_strategy: custom needs a restart_command`);
      expect(out).toContain('4 mistakes');
    },
  );

  it('gives the mistakes as data too', async () => {
    const file = `${await temporaryDirectory()}/config.ini`;
    await writeFile(file, MISTAKES, { mode: 0o600 });
    const { exitCode, out } = await ended(startProgram(['config', 'check', '--json', '--config', file]));
    expect(exitCode).toBe(78);
    expect(JSON.parse(out)).toMatchObject({ file, errors: [{ line: 3 }, { line: 5 }, { line: 6 }, {}], host: null });
  });

  it('says that all is well, with its notices, and leaves nothing behind', async () => {
    const sections = '[process.web]\nrestart_strategy = custom\nrestart_command = A=1 true\n';
    const site = await ProgramSite.create({ sections });
    const { exitCode, out } = await site.run('config', 'check');
    expect(exitCode).toBe(0);
    expect(out).toContain('configuration is valid, 1 process has a section');
    expect(out).toContain('notice: ');
    expect(await readdir(site.directory)).toEqual(['config.ini']);
  });

  it('reads the file that the predecessor’s CONFIG_FILE names, and speaks the language of the environment', async () => {
    const site = await ProgramSite.create({});
    const environment = { CONFIG_FILE: site.config, LANG: 'ro_RO.UTF-8' };
    const { exitCode, out } = await ended(startProgram(['--config-test'], environment));
    expect(exitCode).toBe(0);
    expect(out).toContain('configurația este validă');
  });

  it('keeps the daemon from starting, with the same words', async () => {
    const file = `${await temporaryDirectory()}/config.ini`;
    await writeFile(file, MISTAKES, { mode: 0o600 });
    const { exitCode, out, err } = await ended(startProgram(['--config', file]));
    expect({ exitCode, out }).toEqual({ exitCode: 78, out: '' });
    expect(err).toContain('did you mean check_interval?');
  });
});

describe('config check --connect', () => {
  const sections = `[process.web]
restart_strategy = custom
restart_command = /opt/nowhere/restart %s
health_check_command = test -e /
user = nobody-of-that-name
working_directory = /nowhere/at/all
pid_file = /nowhere/web.pid
[process.true]
restart_strategy = process
`;

  it('tries the database and everything that the settings name, and fails where something cannot work', async () => {
    const site = await ProgramSite.create({ processes: [], sections });
    const { exitCode, out } = await site.run('config', 'check', '--connect');
    expect(exitCode).toBe(1);
    expect(out).toMatch(/ok +database +SQLite/);
    expect(out).toContain('restart_command: missing executable: /opt/nowhere/restart');
    expect(out).toContain('unknown user: nobody-of-that-name');
    expect(out).toContain('working_directory: no such directory: /nowhere/at/all');
    expect(out).toContain('pid_file: no such directory: /nowhere');
    expect(out).toMatch(/ok +true +program true can be started/);
    expect(out).toContain('4 things cannot work');
  });

  it('says which way leads to systemd, and why it is not the bus', async () => {
    const bus = new ScriptedBus(await temporaryDirectory());
    await bus.start();
    onTestFinished(() => bus.stop());
    bus.on('GetAll', () => ({ signature: 'a{sv}', body: [[]] }));
    const wayBy = async (choice: string, address: string): Promise<string | undefined> => {
      const { config } = await ProgramSite.create({ processes: [], monitor: `unit_manager = ${choice}` });
      const environment = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${address}` };
      const { out } = await ended(startProgram(['--config', config, 'config', 'check', '--connect'], environment));
      return out.split('\n').find((line) => /systemctl|bus/i.test(line));
    };
    const missing = String.raw`the bus does not answer \(connect ENOENT /nowhere\)`;
    for (const choice of ['auto', 'dbus'])
      expect(await wayBy(choice, bus.path)).toMatch(/^ok +monitor +units are reached over D-Bus$/);
    expect(await wayBy('systemctl', bus.path)).toMatch(
      /^ok +monitor +units are reached by systemctl, as unit_manager says$/,
    );
    expect(await wayBy('auto', '/nowhere')).toMatch(
      new RegExp(`^warning +monitor +${missing}: a monitor that is root`),
    );
    expect(await wayBy('dbus', '/nowhere')).toMatch(
      new RegExp(
        `^PROBLEM +monitor +units cannot be reached: ${missing}, and unit_manager = dbus allows no other way$`,
      ),
    );
  });

  it('does not make the database that it looks for', async () => {
    const site = await ProgramSite.create({});
    const { exitCode, out } = await site.run('config', 'check', '--connect', '--json');
    expect(exitCode).toBe(1);
    const problem = expect.objectContaining({ severity: 'problem', about: 'database' }) as unknown;
    expect(JSON.parse(out)).toMatchObject({ host: expect.arrayContaining([problem]) as unknown });
    expect(site.has('alarms.db')).toBe(false);
  });
});

describe('config show', () => {
  it('shows each value with where it came from, and no secret', async () => {
    const file = `${await temporaryDirectory()}/config.ini`;
    const text = '[database]\nuser = monitor\npassword = s3cr3t-word\ndatabase = alarms\n';
    await writeFile(file, text, { mode: 0o600 });
    const environment = { MONITOR_CHECK_INTERVAL: '7' };
    const { exitCode, out } = await ended(
      startProgram(['config', 'show', '--config', file, '--log-level', 'debug'], environment),
    );
    expect(exitCode).toBe(0);
    expect(out).not.toContain('s3cr3t-word');
    expect(out).toContain(`; ${file}:2\nuser = monitor`);
    expect(out).toContain('; environment MONITOR_CHECK_INTERVAL\ncheck_interval = 7');
    expect(out).toContain('; option --log-level\nlevel = debug');
  });

  it('prints, into a file, what gives the same settings when it is read as one', async () => {
    const directory = await temporaryDirectory();
    const show = async (name: string, text: string): Promise<string> => {
      await writeFile(`${directory}/${name}`, text, { mode: 0o600 });
      const { exitCode, out } = await ended(startProgram(['config', 'show', '--config', `${directory}/${name}`]));
      expect(exitCode).toBe(0);
      return out;
    };
    const section = '[process.a]\nrestart_command = printf "a\tb" \u202e\u00a0\nhealth_check_url = http://h/\n';
    const shown = await show('one.ini', `[database]\nengine = sqlite\npath = /x\n${section}`);
    expect(shown).toContain('\nrestart_command = printf "a\tb" \u202e\u00a0\n');
    const values = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => !line.startsWith(';'))
        .sort();
    expect(values(await show('two.ini', shown))).toEqual(values(shown));
  });
});

describe('without any settings', () => {
  it.each([
    [['--help'], 0, 'Usage: process-monitor'],
    [['--version'], 0, '.'],
    [['alarm', '--help'], 0, 'raise'],
  ] as const)('%j answers', async (words, code, text) => {
    const { exitCode, out } = await ended(startProgram([...words, '--config', '/nowhere/config.ini']));
    expect(exitCode).toBe(code);
    expect(out).toContain(text);
  });

  it.each([['statsu'], ['--restart'], ['--unknown'], ['alarm']])(
    '"%s" is a usage error and no daemon',
    async (word) => {
      const site = await ProgramSite.create({});
      expect(await site.run(word)).toMatchObject({ exitCode: 2, out: '' });
      expect(await readdir(site.directory)).toEqual(['config.ini']);
    },
  );

  it('a command that needs settings names the file that is missing', async () => {
    const { exitCode, err } = await ended(startProgram(['status', '--config', '/nowhere/config.ini']));
    expect(exitCode).toBe(78);
    expect(err).toContain('/nowhere/config.ini: not found');
  });
});
