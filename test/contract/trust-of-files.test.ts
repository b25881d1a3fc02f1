/** Every place where the monitor reads or writes a file refuses what others could have put there, by its path. */
import { chmod, chown, link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readPidFile } from '../../src/adapters/exec/pid-file.js';
import { HeartbeatFile } from '../../src/adapters/heartbeat/heartbeat-file.js';
import { judgeLogs } from '../../src/adapters/log/log-trust.js';
import { RotatingFile } from '../../src/adapters/log/rotating-file.js';
import { connectSqlite } from '../../src/adapters/sqlite/connect-sqlite.js';
import { FileStateStore } from '../../src/adapters/state/file-state-store.js';
import { openStore } from '../../src/app/open-store.js';
import { createSystemPorts } from '../../src/app/system-ports.js';
import { loadSettings } from '../../src/config/load.js';
import { sampleState } from './state-sample.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeRandom } from '../support/fake-random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { viewOf } from '../support/state-view.js';

const STRANGER = 65_534;
const isRoot = process.geteuid?.() === 0;
const signal = new AbortController().signal;

let parent = '';
let directory = '';
let victim = '';
beforeEach(async () => {
  parent = await temporaryDirectory();
  directory = join(parent, 'place');
  victim = join(parent, 'victim');
  await mkdir(directory);
  await writeFile(victim, 'untouched');
});

const at = (name: string): string => join(directory, name);
const openToAll = (mode: string): string =>
  `${directory} can be written by others (mode ${mode}): chmod go-w -- ${directory}`;
const untouched = async (): Promise<void> => expect(await readFile(victim, 'utf8')).toBe('untouched');

describe('the memory', () => {
  const open = (): FileStateStore => new FileStateStore({ directory, clock: new FakeClock(), access: 'owner' });

  it('is neither read nor written in a directory that others can write', async () => {
    await open().save(viewOf(sampleState()));
    await chmod(directory, 0o777);
    expect(await open().load()).toEqual({ kind: 'damaged', detail: openToAll('0777'), movedTo: null });
    expect(await open().save(viewOf(sampleState()))).toEqual({ kind: 'failed', detail: openToAll('0777') });
  });

  it.runIf(isRoot)('is neither read nor written in a directory of a stranger', async () => {
    await chown(directory, STRANGER, STRANGER);
    const detail = `${directory} belongs to user ${STRANGER}, neither to root nor to us: chown root -- ${directory}`;
    expect(await open().load()).toMatchObject({ kind: 'damaged', detail });
    expect(await open().save(viewOf(sampleState()))).toEqual({ kind: 'failed', detail });
  });

  it.each([
    ['a link', () => symlink(victim, at('state.json')), 'is a symbolic link'],
    ['a second name of another file', () => link(victim, at('state.json')), 'has 2 names (hard links)'],
    ['a file that others can write', () => loose(at('state.json')), 'can be written by others (mode 0666)'],
  ])('sets %s aside instead of reading it', async (_, plant, problem) => {
    await plant();
    expect(await open().load()).toMatchObject({
      kind: 'damaged',
      detail: expect.stringContaining(`${at('state.json')} ${problem}`) as string,
    });
    expect(await open().save(viewOf(sampleState()))).toEqual({ kind: 'saved' });
    await untouched();
  });
});

describe('the log', () => {
  const failures: string[] = [];
  const open = async (): Promise<RotatingFile> => {
    failures.length = 0;
    const onFailure = (detail: string): number => failures.push(detail);
    const file = new RotatingFile({
      directory,
      maxSizeBytes: 1000,
      filesToKeep: 3,
      onFailure,
      onRecovery: () => undefined,
    });
    await file.open();
    return file;
  };

  it('is not written in a directory that others can write', async () => {
    await chmod(directory, 0o777);
    const file = await open();
    file.write('line\n');
    await file.close();
    expect(failures).toEqual([openToAll('0777')]);
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    ['a link', () => symlink(victim, at('process-monitor.1.log')), 'is a symbolic link'],
    ['a link in the place of a later file', () => symlink(victim, at('process-monitor.2.log')), 'is a symbolic link'],
    ['a second name of another file', () => link(victim, at('process-monitor.1.log')), 'has 2 names (hard links)'],
    ['a file that others can write', () => loose(at('process-monitor.1.log')), 'can be written by others (mode 0666)'],
  ])('is not written into %s', async (_, plant, problem) => {
    await plant();
    const file = await open();
    file.write('line\n');
    await file.close();
    expect(failures).toEqual([expect.stringMatching(/process-monitor\.[12]\.log /)]);
    expect(failures[0]).toContain(problem);
    await untouched();
  });

  it('goes on with its own files and their link', async () => {
    const first = await open();
    first.write('line\n');
    await first.close();
    const second = await open();
    second.write('line\n');
    await second.close();
    expect(failures).toEqual([]);
    expect(() => judgeLogs()(directory)).not.toThrow();
  });

  it('puts its link in the place of a planted one, and does not write through it', async () => {
    await symlink(victim, at('current.log'));
    const file = await open();
    file.write('line\n');
    await file.close();
    expect((await stat(at('current.log'))).ino).toBe((await stat(at('process-monitor.1.log'))).ino);
    await untouched();
  });
});

describe('the heartbeat', () => {
  const beat = (): ReturnType<HeartbeatFile['beat']> => new HeartbeatFile(at('beat'), new FakeClock()).beat();

  it('is not written in a directory that others can write', async () => {
    await chmod(directory, 0o777);
    expect(await beat()).toMatchObject({ kind: 'failed', detail: expect.stringContaining(directory) as string });
    expect(await readdir(directory)).toEqual([]);
  });

  it('is not written over a link', async () => {
    await symlink(victim, at('beat'));
    const detail = `${at('beat')} is a symbolic link: rm -- ${at('beat')}`;
    expect(await beat()).toEqual({ kind: 'failed', detail });
    await untouched();
  });

  it('is not written through a link in the place of the new file', async () => {
    await symlink(victim, `${at('beat')}.${process.pid}.tmp`);
    expect(await beat()).toEqual({ kind: 'written' });
    await untouched();
  });
});

describe('a pid file', () => {
  it('counts as none where it is a link or everybody may write it', async () => {
    await writeFile(victim, '42\n');
    await symlink(victim, at('link.pid'));
    await loose(at('loose.pid'), '42\n');
    await writeFile(at('good.pid'), '42\n');
    expect([readPidFile(at('link.pid')), readPidFile(at('loose.pid')), readPidFile(at('good.pid'))]).toEqual([
      null,
      null,
      42,
    ]);
  });
});

describe('the file database', () => {
  const count = async (): Promise<number> => {
    const options = {
      path: at('alarms.db'),
      queryTimeoutMs: 1000,
      writeBack: 'auto',
      claims: 'auto',
      hostId: null,
    } as const;
    const store = connectSqlite(options, { clock: new FakeClock(), random: new FakeRandom() });
    try {
      return await store.source.countProcesses(signal);
    } finally {
      await store.close();
    }
  };

  it('is used where a group shares it, and refused where everybody does', async () => {
    expect(await count()).toBe(0);
    await chmod(directory, 0o770);
    await chmod(at('alarms.db'), 0o660);
    expect(await count()).toBe(0);
    await chmod(at('alarms.db'), 0o666);
    await expect(count()).rejects.toThrow(`${at('alarms.db')} can be written by others (mode 0666): chmod o-w`);
    await chmod(at('alarms.db'), 0o660);
    await chmod(directory, 0o777);
    await expect(count()).rejects.toThrow(`${directory} can be written by others (mode 0777): chmod o-w`);
  });

  it('is refused where it is a link', async () => {
    await symlink(victim, at('alarms.db'));
    await expect(count()).rejects.toThrow(`${at('alarms.db')} is a symbolic link: rm -- ${at('alarms.db')}`);
    await untouched();
  });
});

describe('the settings and what they name', () => {
  const TEXT = '[database]\nuser = monitor\ndatabase = monitor\n';
  const load = (text = TEXT): Promise<ReturnType<typeof loadSettings>> =>
    writeFile(at('config.ini'), text, { mode: 0o600 }).then(() =>
      loadSettings({ file: at('config.ini'), environment: {} }),
    );

  it('are refused in a directory that others can write, also further up', async () => {
    await load();
    await chmod(directory, 0o757);
    await expect(load()).rejects.toThrow(`cannot be trusted: ${directory} can be written by others (mode 0757)`);
    await chmod(directory, 0o755);
    await chmod(parent, 0o777);
    await expect(load()).rejects.toThrow(`cannot be trusted: ${parent} can be written by others (mode 0777)`);
  });

  it('may be a link in directories of ours, and not in one that others can write', async () => {
    await load();
    await rename(at('config.ini'), join(parent, 'real.ini'));
    await mkdir(at('links'));
    await symlink(join(parent, 'real.ini'), at('links/config.ini'));
    const follow = (): unknown => loadSettings({ file: at('links/config.ini'), environment: {} });
    expect(follow).not.toThrow();
    await chmod(at('links'), 0o777);
    expect(follow).toThrow(`cannot be trusted: ${at('links')} can be written by others (mode 0777)`);
  });

  it('lead to no password in a file that another could have written', async () => {
    await writeFile(at('password'), 'canary\n', { mode: 0o600 });
    await symlink(at('password'), at('link'));
    if (isRoot) {
      await chown(at('password'), STRANGER, 0);
      await expect(load(`${TEXT}password_file = ${at('link')}\n`)).rejects.toThrow(
        `cannot be trusted: ${at('password')} belongs to user ${STRANGER}`,
      );
    }
    await chmod(at('password'), 0o622);
    await expect(load(`${TEXT}password_file = ${at('password')}\n`)).rejects.toThrow(at('password'));
  });

  it.each([
    ['ssl_ca', 0o622, 'can be written by others (mode 0622)'],
    ['ssl_cert', 0o622, 'can be written by others (mode 0622)'],
    ['ssl_key', 0o622, 'can be written by others (mode 0622)'],
    ['ssl_key', 0o644, 'can be read by everybody: chmod o-r'],
  ])('lead to no %s with mode %o', async (key, mode, problem) => {
    for (const name of ['ssl_ca', 'ssl_cert', 'ssl_key']) await writeFile(at(name), 'PEM', { mode: 0o600 });
    await chmod(at(key), mode);
    const files = ['ssl_ca', 'ssl_cert', 'ssl_key'].map((name) => `${name} = ${at(name)}\n`).join('');
    const { settings } = await load(`${TEXT}ssl = required\n${files}`);
    const opened = openStore(settings, createSystemPorts({ emit: () => undefined }));
    await expect(opened).rejects.toThrow(`${key} in [database] cannot be used: ${at(key)} ${problem}`);
  });
});

async function loose(path: string, text = '{}'): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o666);
}
