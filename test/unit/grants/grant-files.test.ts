/** The files of `grant`: whole or not at all, and never somebody else's. */
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { GrantFiles } from '../../../src/adapters/grants/grant-files.js';
import { isOurs, MARKER } from '../../../src/domain/grant-rule.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const OURS = `# ${MARKER}\n[Unit]\n`;
const files = new GrantFiles({ isOurs, ownerUid: process.getuid?.() ?? 0, trustedUids: [] });
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory, 'pm-app.service');
});

describe('writing', () => {
  it('makes a file that everybody may read and only its owner may change, whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      expect(await files.write(path, OURS, false)).toEqual({ kind: 'done' });
    } finally {
      process.umask(umask);
    }
    expect((await stat(path)).mode & 0o7777).toBe(0o644);
    expect(await files.look(path)).toEqual({ kind: 'ours', text: OURS, isProper: true });
    expect(await readdir(directory)).toEqual(['pm-app.service']);
  });

  it('replaces our own file and what an earlier run has left half-written', async () => {
    await writeFile(path, OURS);
    await writeFile(join(directory, '.pm-app.service.new'), 'half');
    await files.write(path, `${OURS}# more\n`, false);
    expect(await readFile(path, 'utf8')).toBe(`${OURS}# more\n`);
    expect(await readdir(directory)).toEqual(['pm-app.service']);
  });

  it('makes the directory where it may, and only there', async () => {
    const inside = join(directory, 'unit.d', 'x.conf');
    expect(await files.write(inside, OURS, false)).toMatchObject({ kind: 'refused' });
    expect(await files.write(inside, OURS, true)).toEqual({ kind: 'done' });
    expect((await stat(join(directory, 'unit.d'))).mode & 0o022).toBe(0);
  });

  it('refuses a file that somebody else has written, by its path', async () => {
    await writeFile(path, '[Unit]\n');
    const result = await files.write(path, OURS, false);
    expect(result).toEqual({ kind: 'refused', detail: `${path} was not written by process-monitor grant` });
    expect(await readFile(path, 'utf8')).toBe('[Unit]\n');
  });

  it('refuses a symbolic link in the place of the file, even one to a file of ours', async () => {
    const target = join(directory, 'target');
    await writeFile(target, OURS);
    await symlink(target, path);
    expect(await files.write(path, `${OURS}# more\n`, false)).toMatchObject({ kind: 'refused' });
    expect(await readFile(target, 'utf8')).toBe(OURS);
  });

  it('refuses a directory that others can change, and one that is a symbolic link', async () => {
    const open = join(directory, 'open');
    await mkdir(open);
    await chmod(open, 0o777);
    await symlink(open, join(directory, 'link'));
    for (const name of ['open', 'link'])
      expect(await files.write(join(directory, name, 'x.conf'), OURS, true)).toMatchObject({ kind: 'refused' });
    expect(await readdir(open)).toEqual([]);
  });
});

describe('looking', () => {
  it('sees that a file of ours has been opened up to others', async () => {
    await files.write(path, OURS, false);
    await chmod(path, 0o666);
    expect(await files.look(path)).toMatchObject({ kind: 'ours', isProper: false });
  });

  it('takes anything but a plain file for somebody else’s', async () => {
    await mkdir(path);
    expect(await files.look(path)).toMatchObject({ kind: 'foreign' });
    expect(await files.look(join(directory, 'none'))).toEqual({ kind: 'absent' });
  });

  it('finds the files of ours in a directory, and no others', async () => {
    await writeFile(join(directory, 'pm-b.service'), OURS);
    await writeFile(join(directory, 'pm-a.service'), OURS);
    await writeFile(join(directory, 'pm-mine.service'), '[Unit]\n');
    await writeFile(join(directory, 'other.service'), OURS);
    const found = await files.ours(directory, /^pm-.+\.service$/);
    expect(found).toEqual(['pm-a.service', 'pm-b.service'].map((name) => join(directory, name)));
    expect(await files.ours(join(directory, 'none'), /./)).toEqual([]);
  });
});

describe('removing', () => {
  it('takes our file away, and says nothing of one that is gone', async () => {
    await writeFile(path, OURS);
    expect(await files.remove(path)).toEqual({ kind: 'done' });
    expect(await files.remove(path)).toEqual({ kind: 'done' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves what somebody else has written', async () => {
    await writeFile(path, '[Unit]\n');
    expect(await files.remove(path)).toMatchObject({ kind: 'refused' });
    expect(await readdir(directory)).toEqual(['pm-app.service']);
  });
});
