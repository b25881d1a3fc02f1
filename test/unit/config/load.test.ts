/** The settings file itself and the files with a password: who may have written or read them. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/config/environment.js';
import { formatIssue } from '../../../src/config/issues.js';
import { DEFAULT_CONFIG_FILE } from '../../../src/config/default-file.js';
import { configFile, loadSettings } from '../../../src/config/load.js';
import { MINIMAL, notices, refusalOf } from './reading.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settings-'));
  file = write('config.ini', MINIMAL, 0o640);
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string | Buffer, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const load = (environment: Environment = {}): ReturnType<typeof loadSettings> => loadSettings({ file, environment });
const refusal = (environment: Environment = {}): readonly string[] =>
  refusalOf(() => load(environment)).issues.map(formatIssue);

function password(environment: Environment = {}): string | null {
  const { database } = load(environment).settings;
  return database.engine === 'mysql' ? database.password : null;
}

describe('the settings file', () => {
  it('is read where only root and we could have written it', () => {
    expect(load().settings.database).toMatchObject({ user: 'monitor' });
  });

  it.each([0o660, 0o606, 0o666])('is refused with mode %o', (mode) => {
    chmodSync(file, mode);
    expect(refusal()).toEqual([expect.stringMatching(/can be written by others.*chmod go-w/)]);
  });

  it('with a password is refused where everybody may read it, and without one is not', () => {
    chmodSync(file, 0o644);
    expect(load().notices).toEqual([]);
    write('config.ini', `${MINIMAL}password = canary\nport = 0\n`, 0o644);
    const told = refusal();
    expect(told).toEqual([
      expect.stringMatching(/config\.ini:4: \[database\] password: everybody .*chmod o-r/),
      expect.stringContaining('port: not allowed'),
    ]);
    expect(told.join()).not.toContain('canary');
  });

  it.runIf(process.geteuid?.() === 0)('is refused where it belongs to somebody else', () => {
    chownSync(file, 65_534, 0);
    expect(refusal()).toEqual([expect.stringMatching(/belongs to user 65534/)]);
  });

  it('may be a symbolic link, and then what it leads to is judged', () => {
    const target = write('real.ini', MINIMAL, 0o600);
    rmSync(file);
    symlinkSync(target, file);
    expect(load().settings.database).toMatchObject({ user: 'monitor' });
    chmodSync(target, 0o622);
    expect(refusal()).toHaveLength(1);
  });

  it('is refused where it is a directory or far too large', () => {
    rmSync(file);
    mkdirSync(file);
    expect(refusal()).toEqual([expect.stringContaining('not a regular file')]);
    rmSync(file, { recursive: true });
    write('config.ini', `${MINIMAL}${';'.repeat(1_048_577)}`, 0o600);
    expect(refusal()).toEqual([expect.stringContaining('larger than 1 MiB')]);
  });

  it('that is missing is named', () => {
    rmSync(file);
    expect(refusal()).toEqual([expect.stringContaining(`${file}: not found`)]);
  });

  it('tells the line of bytes that are not UTF-8, except in comments', () => {
    write('config.ini', Buffer.from(`; caf\xe9\n${MINIMAL}password = caf\xe9\n`, 'latin1'), 0o600);
    expect(refusal()).toEqual([
      expect.stringContaining('config.ini:5: [database] holds a control character or a byte'),
    ]);
  });
});

describe('configFile', () => {
  it('is the option, else the variable, else the default', () => {
    expect(configFile('/a', { MONITOR_CONFIG: '/b' })).toBe('/a');
    expect(configFile(null, { MONITOR_CONFIG: '/b', CONFIG_FILE: '/c' })).toBe('/b');
    expect(configFile(null, { MONITOR_CONFIG: '', CONFIG_FILE: '/c' })).toBe('/c');
    expect(configFile(null, {})).toBe(DEFAULT_CONFIG_FILE);
  });
});

describe('the password', () => {
  it('comes from the credential before the password file before the environment before the file', () => {
    const inFile = write('secret', 'from file\n', 0o640);
    write('config.ini', `${MINIMAL}password = from settings\n`, 0o600);
    expect(password()).toBe('from settings');
    expect(password({ MONITOR_DB_PASSWORD: 'from environment' })).toBe('from environment');
    const environment = { MONITOR_DB_PASSWORD: 'from environment', MONITOR_DB_PASSWORD_FILE: inFile };
    expect(password(environment)).toBe('from file');
    write('db_password', 'from credential', 0o400);
    expect(password({ ...environment, CREDENTIALS_DIRECTORY: directory })).toBe('from credential');
  });

  it('that is not used is told, without showing it', () => {
    const inFile = write('secret', 'x', 0o600);
    write('config.ini', `${MINIMAL}password = canary\npassword_file = ${inFile}\n`, 0o600);
    expect(notices(load())).toEqual([
      expect.stringContaining(`config.ini:4: [database] password: not used: password file ${inFile} wins`),
    ]);
  });

  it('is none where nothing names one, also with an unused credentials directory', () => {
    expect(password({ CREDENTIALS_DIRECTORY: directory })).toBeNull();
  });

  it('is taken literally but for one line end', () => {
    write('config.ini', `${MINIMAL}password_file = ${write('secret', ' "a#b;c=d" \r\n', 0o600)}\n`, 0o644);
    expect(password()).toBe(' "a#b;c=d" ');
  });

  it.each([
    ['canary', 0o644, 'can be read by everybody'],
    ['canary', 0o620, 'can be written by others'],
    ['\n', 0o600, 'is empty'],
  ])('file holding %j with mode %o is refused', (text, mode, problem) => {
    write('config.ini', `${MINIMAL}password_file = ${write('secret', text, mode)}\n`, 0o644);
    expect(refusal()).toEqual([expect.stringContaining(problem)]);
    expect(refusal().join()).not.toContain('canary');
  });

  it('file that is missing is a mistake', () => {
    write('config.ini', `${MINIMAL}password_file = ${join(directory, 'none')}\n`, 0o644);
    expect(refusal()).toEqual([expect.stringContaining('not found')]);
  });
});
