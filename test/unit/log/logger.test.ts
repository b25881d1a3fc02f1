/** The log as it comes out: in the file, on the console, under bad luck. */
import { readdir, readFile, readlink, rename, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { fstatSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Log, type LogOptions, openLog } from '../../../src/adapters/log/logger.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

let parent = '';
let directory = '';
let console: string[] = [];
let logs: Log[] = [];

beforeEach(async () => {
  parent = await temporaryDirectory();
  directory = join(parent, 'logs');
  console = [];
  logs = [];
});
afterEach(async () => {
  for (const log of logs) await log.close();
});

async function open(
  changes: Partial<LogOptions> = {},
  consoleChanges: Partial<LogOptions['console']> = {},
): Promise<Log> {
  const log = await openLog({
    directory,
    level: 'info',
    format: 'json',
    maxLogSizeBytes: 5_000_000,
    logFilesToKeep: 3,
    console: {
      mode: 'off',
      isTerminal: false,
      isColoured: false,
      journalStream: null,
      write: (text) => console.push(text),
      ...consoleChanges,
    },
    secrets: ['s3cr3t-value'],
    host: 'srv-01',
    clock: new FakeClock(),
    ...changes,
  });
  logs.push(log);
  return log;
}

const current = async (): Promise<string[]> =>
  (await readFile(join(directory, 'current.log'), 'utf8')).split('\n').slice(0, -1);
const stderrIdentity = (): string => `${fstatSync(2).dev}:${fstatSync(2).ino}`;

describe('a JSON line', () => {
  it('has time, level, service, host, pid, message and the facts as fields', async () => {
    const log = await open();
    log.write('warn', 'Hello', { processName: 'sshd', attempt: 2 });
    const [text] = await current();
    expect(JSON.parse(text ?? '')).toEqual({
      timestamp: '2026-01-01T00:00:00.000Z',
      level: 'warn',
      service: 'process-monitor',
      host: 'srv-01',
      pid: process.pid,
      message: 'Hello',
      processName: 'sshd',
      attempt: 2,
    });
  });

  it('stays one line and shows no control character, yet holds the name as it is', async () => {
    const name = 'a\nb\u001b[31m\u009b\u007f\u2028\u202e\u0000"\\%s ș 😀\ud800';
    const log = await open();
    log.write('info', `Found ${name}`, { processName: name });
    const lines = await current();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ processName: name, message: `Found ${name}` });
  });

  it('is written once for each event', async () => {
    const log = await open();
    log.sink.emit({ type: 'monitor.stopped' });
    log.sink.emit({ type: 'cycle.completed', alarmed: 0, started: 0, skipped: 0, durationMs: 1 });
    expect((await current()).map((text) => (JSON.parse(text) as { event: string }).event)).toEqual(['monitor.stopped']);
  });

  it('holds no secret, whether in message, field or key', async () => {
    const log = await open();
    log.write('fatal', 'login with s3cr3t-value', { detail: 'x s3cr3t-value y', nested: { password: 'other' } });
    const [text] = await current();
    expect(text).not.toMatch(/s3cr3t|other/);
  });
});

describe('a text line', () => {
  it('has local time, level, message and key=value, quoted where needed', async () => {
    const clock = new FakeClock({ nowMs: new Date(2026, 0, 31, 7, 8, 9).getTime() });
    const log = await open({ format: 'text', clock });
    log.write('warn', 'Hello', { attempt: 2, reason: 'busy', detail: 'a "b" = c', ok: true });
    log.write('fatal', 'End\nof it\u001b[2J', { name: 'x\n2026 [ERROR] - forged\u202e' });
    expect(await current()).toEqual([
      '2026-01-31 07:08:09  [WARNING] - Hello attempt=2 reason=busy detail="a \\"b\\" = c" ok=true',
      '2026-01-31 07:08:09  [CRITICAL] - End\\nof it\\e[2J name="x\\n2026 [ERROR] - forged\\u202e"',
    ]);
  });
});

describe('the console', () => {
  it('gets a priority before each line under the journal', async () => {
    const log = await open({ level: 'debug' }, { mode: 'auto', journalStream: stderrIdentity() });
    for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) log.write(level, `a\n${level}`);
    expect(console).toEqual(['<7>a\\ndebug\n', '<6>a\\ninfo\n', '<4>a\\nwarn\n', '<3>a\\nerror\n', '<3>a\\nfatal\n']);
  });

  it('is not taken for the journal when standard error leads elsewhere', async () => {
    const log = await open({}, { mode: 'auto', journalStream: '1:2' });
    log.write('error', 'x');
    expect(console).toEqual([]);
  });

  it('is coloured by level on a terminal, and escape codes in data stay dead', async () => {
    const log = await open({}, { mode: 'auto', isTerminal: true, isColoured: true });
    log.write('error', 'red\u001b[0m');
    expect(console[0]).toMatch(/^\u001b\[31m.*\[ERROR\] - red\\e\[0m\u001b\[0m\n$/);
  });

  it.each([
    ['json', /^\{.*\}\n$/],
    ['text', /^\d{4}-.*\[INFO\] - piped\n$/],
  ] as const)('follows the format %s in a pipe, without colour, when it is on', async (format, look) => {
    const log = await open({ format }, { mode: 'on', isColoured: true });
    log.write('info', 'piped');
    expect(console[0]).toMatch(look);
    expect(console[0]).not.toContain('\u001b');
  });

  it('is silent in a pipe on auto, and always when off', async () => {
    (await open({}, { mode: 'auto' })).write('error', 'x');
    (await open({}, { mode: 'off', isTerminal: true })).write('error', 'x');
    expect(console).toEqual([]);
  });
});

describe('rotation', () => {
  const SIZE = 100 * 1024;
  const names = async (): Promise<string[]> =>
    (await readdir(directory)).filter((name) => name.startsWith('process-monitor.')).sort(byNumber);
  const byNumber = (one: string, other: string): number => Number(one.split('.')[1]) - Number(other.split('.')[1]);
  const numbersIn = async (files: readonly string[]): Promise<number[]> => {
    const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
    return texts.flatMap((text) => text.split('\n').slice(0, -1)).map((text) => (JSON.parse(text) as { n: number }).n);
  };

  it('keeps size, number and mode under 20,000 lines at once, without losing a line in between', async () => {
    const log = await open({ maxLogSizeBytes: SIZE });
    for (let n = 0; n < 20_000; n++) log.write('info', 'A line of the usual length for a log', { n });
    const files = await names();
    expect(files).toHaveLength(3);
    for (const name of files) {
      const { size, mode } = await stat(join(directory, name));
      expect(size).toBeLessThan(SIZE + 300);
      expect(mode & 0o777).toBe(0o640);
    }
    const kept = await numbersIn(files);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 20_000 - kept.length + index));
    expect(kept.length).toBeGreaterThan(1000);
    expect(await readlink(join(directory, 'current.log'))).toBe(files.at(-1));
    expect((await stat(directory)).mode & 0o777).toBe(0o750);
    expect(log.dropped).toBe(0);
  });

  it('goes on in the newest file after a restart, and removes what is beyond a smaller limit', async () => {
    const first = await open({ maxLogSizeBytes: SIZE, logFilesToKeep: 5 });
    for (let n = 0; n < 5000; n++) first.write('info', 'A line of the usual length for a log', { n });
    await first.close();
    const before = await names();
    const second = await open({ maxLogSizeBytes: SIZE, logFilesToKeep: 2 });
    second.write('info', 'next', { n: 5000 });
    expect(await names()).toEqual(before.slice(-2));
    expect((await numbersIn(before.slice(-1))).at(-1)).toBe(5000);
  });

  it('leaves files of others in the directory alone', async () => {
    const first = await open();
    await first.close();
    await writeFile(join(directory, 'process-monitor.1.log.gz'), '');
    await open({ logFilesToKeep: 1 });
    expect(await readdir(directory)).toContain('process-monitor.1.log.gz');
  });
});

describe('bad luck', () => {
  const messages = async (): Promise<string[]> =>
    (await current()).map((text) => (JSON.parse(text) as { message: string }).message);

  it('keeps lines while the disk is full, counts those it cannot keep, and says so when it works again', async () => {
    await (await open()).close();
    const path = join(directory, 'process-monitor.1.log');
    await unlink(path);
    await symlink('/dev/full', path);
    const log = await open({}, { mode: 'on' });
    const long = 'x'.repeat(1000);
    for (let n = 0; n < 2000; n++) log.write('info', `kept ${n}`, { long });
    expect(log.dropped).toBeGreaterThan(100);
    expect(console.filter((text) => text.includes('Log file cannot be written'))).toHaveLength(1);
    await unlink(path);
    log.write('info', 'after');
    const written = await messages();
    expect(written.slice(0, 3)).toEqual(['kept 0', 'Log file cannot be written', 'kept 1']);
    expect(written.slice(-2)).toEqual(['after', 'Log file can be written again']);
    const lastLine = JSON.parse((await current()).at(-1) ?? '') as { lostLines: number };
    expect(lastLine.lostLines).toBe(log.dropped);
    expect(written.length + log.dropped).toBe(2003);
  });

  it('makes the directory anew when it vanished', async () => {
    const log = await open();
    log.write('info', 'before');
    await rename(directory, join(parent, 'gone'));
    log.write('info', 'after');
    expect(await messages()).toEqual(['after']);
  });

  it('begins the file anew when somebody moved it away', async () => {
    const log = await open();
    log.write('info', 'before');
    await rename(join(directory, 'process-monitor.1.log'), join(directory, 'moved'));
    log.write('info', 'after');
    expect(await messages()).toEqual(['after']);
  });

  it('counts lines while the directory cannot be made, also from the very start, and goes on when it can', async () => {
    await writeFile(directory, 'in the way');
    const log = await open();
    log.write('info', 'lost');
    await unlink(directory);
    // Each line is one try in the background: opening a log anew takes a moment.
    while (!(await readdir(directory).catch((): string[] => [])).includes('current.log')) {
      log.write('info', 'lost too');
    }
    log.write('info', 'after');
    const written = await messages();
    expect([written.at(0), written.at(-1)]).toEqual(['Log file can be written again', 'after']);
    expect(log.dropped).toBeGreaterThanOrEqual(2);
  });

  it('ignores lines after it was closed, and a second close', async () => {
    const log = await open();
    log.write('info', 'before');
    await log.close();
    log.write('info', 'after');
    log.sink.emit({ type: 'monitor.stopped' });
    await log.close();
    expect(await messages()).toEqual(['before']);
  });

  it('closes although the disk is full', async () => {
    await (await open()).close();
    const path = join(directory, 'process-monitor.1.log');
    await unlink(path);
    await symlink('/dev/full', path);
    const log = await open();
    log.write('info', 'lost');
    await log.close();
    expect((await stat(path)).isCharacterDevice()).toBe(true);
  });
});
