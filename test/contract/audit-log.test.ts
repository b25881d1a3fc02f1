/** The audit log as a file: what it holds, who else may be near it, and what happens when it cannot be written. */
import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  chown,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import { FileAuditLog } from '../../src/adapters/audit/file-audit-log.js';
import type { AuditEntry } from '../../src/ports/audit-log.js';
import { FakeClock } from '../support/fake-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const ENTRY: AuditEntry = {
  id: '0123456789ab',
  phase: 'result',
  asker: { uid: 1001, user: 'ana' },
  from: 'socket',
  what: 'restart',
  target: 'web',
  why: 'it hangs',
  result: 'done',
  detail: null,
};
const OTHER = 42_001;
const isRoot = geteuid?.() === 0;

let directory = '';
let file = '';
beforeEach(async () => {
  directory = join(await temporaryDirectory(), 'log');
  file = join(directory, 'audit.log');
});

function log(owners: readonly number[] = [geteuid?.() ?? 0]): FileAuditLog {
  return new FileAuditLog(() => directory, new FakeClock(), owners);
}

async function lines(): Promise<readonly unknown[]> {
  const text = await readFile(file, 'utf8');
  return text.split('\n').map((line) => (line === '' ? null : (JSON.parse(line) as unknown)));
}

describe('a line', () => {
  it('says when, who, from where, what, to whom, why, and how it ended', async () => {
    expect(await log().write(ENTRY)).toEqual({ kind: 'written' });
    const { asker, ...rest } = ENTRY;
    expect(await lines()).toEqual([{ time: '2026-01-01T00:00:00.000Z', ...asker, ...rest }, null]);
    expect((await stat(file)).mode & 0o7777).toBe(0o640);
  });

  it('stays one line whatever it is told, and nothing in it acts on a terminal', async () => {
    const wild = 'a\n{"uid":0}\r\u001b[2J\u202e\u0000"\\';
    await log().write({ ...ENTRY, target: wild, why: wild, detail: wild.repeat(1000) });
    expect(await lines()).toEqual([expect.objectContaining({ target: wild, why: wild }), null]);
    const text = await readFile(file, 'utf8');
    expect(text.length).toBeLessThan(20_000);
    expect(text.trimEnd()).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('is whole among many that are written at the same time by several programs', async () => {
    const logs = [log(), log(), log()];
    const writes = logs.flatMap((each) => Array.from({ length: 30 }, () => each.write(ENTRY)));
    expect((await Promise.all(writes)).every(({ kind }) => kind === 'written')).toBe(true);
    expect((await lines()).filter((line) => line !== null)).toHaveLength(90);
  });

  it('begins anew where the one before was cut off', async () => {
    await log().write(ENTRY);
    await appendFile(file, '{"time":"20');
    await log().write(ENTRY);
    const [first, cut, last] = (await readFile(file, 'utf8')).split('\n');
    expect([first, last].map((line) => JSON.parse(line ?? '') as unknown)).toHaveLength(2);
    expect(cut).toBe('{"time":"20');
  });
});

describe('the file', () => {
  it.each([
    ['was moved away, as logrotate does', () => rename(file, `${file}.1`)],
    ['was removed', () => rm(file)],
  ])('is made anew where it %s', async (_, take) => {
    const audit = log();
    await audit.write(ENTRY);
    await take();
    expect(await audit.write(ENTRY)).toEqual({ kind: 'written' });
    expect(await lines()).toHaveLength(2);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a link', () => symlink('/tmp/elsewhere', file)],
    [
      'a second name of another file',
      async () => {
        await writeFile(join(directory, 'other'), 'other\n');
        await link(join(directory, 'other'), file);
      },
    ],
    ['a directory', () => mkdir(file)],
    ['a pipe that nobody reads', async () => execFileSync('mkfifo', [file])],
    [
      'one that everybody may write',
      async () => {
        await writeFile(file, '');
        await chmod(file, 0o666);
      },
    ],
  ])('is not written where it is %s', async (_, put) => {
    await mkdir(directory, { mode: 0o750 });
    await put();
    expect(await log().write(ENTRY)).toMatchObject({ kind: 'failed', detail: expect.stringContaining(file) as string });
  });

  it('is not written in a directory that everybody may write', async () => {
    await mkdir(directory);
    await chmod(directory, 0o777);
    const detail = expect.stringContaining(`${directory} can be written by others`) as string;
    expect(await log().write(ENTRY)).toMatchObject({ kind: 'failed', detail });
  });

  it.runIf(isRoot)('that root makes belongs to the owner of the directory, who can go on with it', async () => {
    await mkdir(directory, { mode: 0o750 });
    await chown(directory, OTHER, OTHER);
    expect(await log([OTHER]).write(ENTRY)).toEqual({ kind: 'written' });
    expect(await stat(file)).toMatchObject({ uid: OTHER, gid: OTHER });
  });

  it.runIf(isRoot)('is not written in the directory of a stranger', async () => {
    await mkdir(directory, { mode: 0o750 });
    await chown(directory, OTHER, OTHER);
    expect(await log().write(ENTRY)).toMatchObject({
      detail: expect.stringContaining('belongs to user 42001') as string,
    });
  });
});
