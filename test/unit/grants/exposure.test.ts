/** Who could change a file: owners and modes along its whole way. */
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { exposedBy, isPlainFile } from '../../../src/adapters/grants/exposure.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const isRoot = process.geteuid?.() === 0;
const WHO = { uid: 12_345, gids: [12_346] };
let directory: string;
let path: string;

beforeEach(async () => {
  directory = join(await temporaryDirectory(), 'app');
  await mkdir(directory, { mode: 0o755 });
  path = join(directory, 'run');
  await writeFile(path, '', { mode: 0o755 });
  await chmod(path, 0o755);
});

describe.skipIf(!isRoot)('a file', () => {
  it('of somebody else in a directory of somebody else is safe, also below a directory where only owners may rename', async () => {
    expect(await exposedBy(path, WHO)).toBeNull();
  });

  it('is exposed where everybody may write it', async () => {
    await chmod(path, 0o777);
    expect(await exposedBy(path, WHO)).toBe(`${path} can be written by everybody`);
  });

  it('is exposed where it belongs to the user, or a group of the user may write it', async () => {
    await chown(path, WHO.uid, 0);
    expect(await exposedBy(path, WHO)).toBe(`${path} belongs to that user`);
    await chown(path, 0, WHO.gids[0] ?? 0);
    expect(await exposedBy(path, WHO)).toBeNull();
    await chmod(path, 0o775);
    expect(await exposedBy(path, WHO)).toContain('group');
  });

  it('is exposed where the user could put another one in its place', async () => {
    await chown(directory, WHO.uid, 0);
    expect(await exposedBy(path, WHO)).toBe(`${directory} belongs to that user`);
  });

  it('is exposed where the user could turn the link to it elsewhere', async () => {
    const open = join(directory, 'open');
    await mkdir(open);
    await chown(open, WHO.uid, 0);
    await symlink(path, join(open, 'link'));
    expect(await exposedBy(join(open, 'link'), WHO)).toBe(`${open} belongs to that user`);
  });

  it('is exposed where that link is only one of several on the way', async () => {
    const open = join(directory, 'open');
    await mkdir(open);
    await chown(open, WHO.uid, 0);
    await symlink(path, join(open, 'between'));
    await symlink(join(open, 'between'), join(directory, 'first'));
    await symlink('../app', join(directory, 'back'));
    expect(await exposedBy(join(directory, 'first'), WHO)).toBe(`${open} belongs to that user`);
    expect(await exposedBy(join(directory, 'back', 'run'), WHO)).toBeNull();
  });
});

it('is not judged where it is not there, and a directory is no plain file', async () => {
  expect(await isPlainFile(join(directory, 'none'))).toBe(false);
  expect(await isPlainFile(directory)).toBe(false);
  expect(await isPlainFile(path)).toBe(true);
});
