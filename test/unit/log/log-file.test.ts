/** The files of the log: rotation, and what becomes of them under bad luck. */
import { spawn } from 'node:child_process';
import { readdir, readFile, rename, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { testLogs, type TestLogs } from './test-logs.js';

let logs: TestLogs;
beforeEach(async () => {
  logs = await testLogs();
});

describe('rotation', () => {
  const SIZE = 100 * 1024;
  const names = async (): Promise<string[]> =>
    (await readdir(logs.directory)).filter((name) => name.startsWith('process-monitor.')).sort(byNumber);
  const byNumber = (one: string, other: string): number => Number(one.split('.')[1]) - Number(other.split('.')[1]);
  const numbersIn = async (files: readonly string[]): Promise<number[]> => {
    const texts = await Promise.all(files.map((name) => readFile(join(logs.directory, name), 'utf8')));
    return texts.flatMap((text) => text.split('\n').slice(0, -1)).map((text) => (JSON.parse(text) as { n: number }).n);
  };

  it('keeps size, number and mode under 20,000 lines at once, without losing a line in between', async () => {
    const log = await logs.open({ maxLogSizeBytes: SIZE });
    for (let n = 0; n < 20_000; n++) log.write('info', 'A line of the usual length for a log', { n });
    const files = await names();
    expect(files).toHaveLength(3);
    for (const name of files) {
      const { size, mode } = await stat(join(logs.directory, name));
      expect(size).toBeLessThan(SIZE + 300);
      expect(mode & 0o777).toBe(0o640);
    }
    const kept = await numbersIn(files);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 20_000 - kept.length + index));
    expect(kept.length).toBeGreaterThan(1000);
    expect((await stat(join(logs.directory, 'current.log'))).ino).toBe(
      (await stat(join(logs.directory, files.at(-1) ?? ''))).ino,
    );
    expect((await stat(logs.directory)).mode & 0o777).toBe(0o750);
    expect(log.dropped).toBe(0);
  });

  it('goes on in the newest file after a restart, and removes what is beyond a smaller limit', async () => {
    const first = await logs.open({ maxLogSizeBytes: SIZE, logFilesToKeep: 5 });
    for (let n = 0; n < 5000; n++) first.write('info', 'A line of the usual length for a log', { n });
    await first.close();
    const before = await names();
    const second = await logs.open({ maxLogSizeBytes: SIZE, logFilesToKeep: 2 });
    second.write('info', 'next', { n: 5000 });
    expect(await names()).toEqual(before.slice(-2));
    expect((await numbersIn(before.slice(-1))).at(-1)).toBe(5000);
  });

  it('lets tail -F of current.log follow through many rotations without missing a line', async () => {
    const log = await logs.open({ maxLogSizeBytes: 10_000 });
    log.write('info', 'A line', { n: 0 });
    const path = join(logs.directory, 'current.log');
    const tail = spawn('tail', ['-n', '+1', '-F', path], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void tail.kill());
    let heard = 0;
    for await (const text of createInterface(tail.stdout)) {
      expect(JSON.parse(text)).toMatchObject({ n: heard++ });
      if (heard === 1000) break;
      // The next few lines only once these have arrived: no reader keeps up with rotations that outrun it.
      if (heard % 20 === 1) for (let n = heard; n < heard + 20; n++) log.write('info', 'A line', { n });
    }
    expect(heard).toBe(1000);
    expect(await names()).not.toContain('process-monitor.5.log');
  });

  it('leaves nothing but files and link behind, however often it is opened', async () => {
    for (let opening = 0; opening < 3; opening++) await (await logs.open()).close();
    expect((await readdir(logs.directory)).sort()).toEqual(['current.log', 'process-monitor.1.log']);
  });

  it('leaves files of others in the directory alone', async () => {
    const first = await logs.open();
    await first.close();
    await writeFile(join(logs.directory, 'process-monitor.1.log.gz'), '');
    await logs.open({ logFilesToKeep: 1 });
    expect(await readdir(logs.directory)).toContain('process-monitor.1.log.gz');
  });
});

/** A link to the device that is always full stands for a full disk; left to itself the log would refuse it. */
const anybody = (): void => undefined;

describe('bad luck', () => {
  it('keeps lines while the disk is full, counts those it cannot keep, and says so when it works again', async () => {
    await (await logs.open()).close();
    const path = join(logs.directory, 'process-monitor.1.log');
    await unlink(path);
    await symlink('/dev/full', path);
    const log = await logs.open({ judge: anybody }, { mode: 'on' });
    const long = 'x'.repeat(1000);
    for (let n = 0; n < 2000; n++) log.write('info', `kept ${n}`, { long });
    expect(log.dropped).toBeGreaterThan(100);
    expect(logs.console.filter((text) => text.includes('Log file cannot be written'))).toHaveLength(1);
    await unlink(path);
    log.write('info', 'after');
    const written = await logs.messages();
    expect(written.slice(0, 3)).toEqual(['kept 0', 'Log file cannot be written', 'kept 1']);
    expect(written.slice(-2)).toEqual(['after', 'Log file can be written again']);
    const lastLine = JSON.parse((await logs.lines()).at(-1) ?? '') as { lostLines: number };
    expect(lastLine.lostLines).toBe(log.dropped);
    expect(written.length + log.dropped).toBe(2003);
  });

  it('makes the directory anew when it vanished', async () => {
    const log = await logs.open();
    log.write('info', 'before');
    await rename(logs.directory, join(logs.parent, 'gone'));
    log.write('info', 'after');
    expect(await logs.messages()).toEqual(['after']);
  });

  it('begins the file anew when somebody moved it away', async () => {
    const log = await logs.open();
    log.write('info', 'before');
    await rename(join(logs.directory, 'process-monitor.1.log'), join(logs.directory, 'moved'));
    log.write('info', 'after');
    expect(await logs.messages()).toEqual(['after']);
  });

  it('counts lines while the directory cannot be made, also from the very start, and goes on when it can', async () => {
    await writeFile(logs.directory, 'in the way');
    const log = await logs.open();
    log.write('info', 'lost');
    await unlink(logs.directory);
    // Each line is one try in the background: opening a log anew takes a moment.
    while (!(await readdir(logs.directory).catch((): string[] => [])).includes('current.log')) {
      log.write('info', 'lost too');
    }
    log.write('info', 'after');
    const written = await logs.messages();
    expect([written.at(0), written.at(-1)]).toEqual(['Log file can be written again', 'after']);
    expect(log.dropped).toBeGreaterThanOrEqual(2);
  });

  it('ignores lines after it was closed, and a second close', async () => {
    const log = await logs.open();
    log.write('info', 'before');
    await log.close();
    log.write('info', 'after');
    log.sink.emit({ type: 'monitor.stopped' });
    await log.close();
    expect(await logs.messages()).toEqual(['before']);
  });

  it('closes although the disk is full', async () => {
    await (await logs.open()).close();
    const path = join(logs.directory, 'process-monitor.1.log');
    await unlink(path);
    await symlink('/dev/full', path);
    const log = await logs.open({ judge: anybody });
    log.write('info', 'lost');
    await log.close();
    expect((await stat(path)).isCharacterDevice()).toBe(true);
  });
});
