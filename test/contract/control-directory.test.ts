/** Where the control socket lies: what must hold of it before a monitor listens there. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import { takePlace } from '../../src/adapters/control/door.js';
import { FakeRandom } from '../support/fake-random.js';
import { ANA, TestDoor } from '../support/test-door.js';

const isRoot = geteuid?.() === 0;
let door: TestDoor;
beforeEach(async () => {
  door = await TestDoor.create();
});

describe('the directory of proofs', () => {
  it('is the group’s to write, each their own, and is cleared at the start', async () => {
    await mkdir(door.proofs, { recursive: true, mode: 0o777 });
    await chmod(door.directory, 0o750);
    await writeFile(join(door.proofs, '0'.repeat(36)), 'left');
    await mkdir(join(door.proofs, 'left'));
    await door.open();
    expect((await lstat(door.proofs)).mode & 0o7777).toBe(0o1770);
    expect(await readdir(door.proofs)).toEqual([]);
  });

  it('is made anew where somebody has removed it', async () => {
    await door.open();
    execFileSync('rmdir', [door.proofs]);
    const visitor = door.visitor();
    expect(await visitor.asks()).toHaveLength(36);
    expect((await lstat(door.proofs)).mode & 0o7777).toBe(0o1770);
  });

  it('is refused where it is a link to another place', async () => {
    await mkdir(door.directory, { mode: 0o750 });
    await symlink('/tmp', door.proofs);
    expect(await door.server().start()).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining(door.proofs) as string,
    });
  });

  it.runIf(isRoot)('is refused where another user has filled it', async () => {
    await mkdir(door.proofs, { recursive: true });
    await chmod(door.directory, 0o750);
    await writeFile(join(door.proofs, 'x'), '');
    await chown(door.proofs, ANA, ANA);
    expect(await door.server().start()).toMatchObject({ kind: 'failed' });
  });
});

describe('the run directory', () => {
  it.each([0o770, 0o757, 0o1777])(
    'is refused with the mode %o, which lets others put something into it',
    async (mode) => {
      await mkdir(door.directory);
      await chmod(door.directory, mode);
      const detail = expect.stringContaining(`${door.directory} can be written by others`) as string;
      expect(await door.server().start()).toMatchObject({ kind: 'failed', detail });
    },
  );

  it('is refused where it is a link', async () => {
    await mkdir(`${door.directory}-real`, { mode: 0o750 });
    await symlink(`${door.directory}-real`, door.directory);
    const detail = expect.stringContaining(`${door.directory} is a symbolic link`) as string;
    expect(await door.server().start()).toMatchObject({ kind: 'failed', detail });
  });

  it.runIf(isRoot)(
    'of another user is refused to a monitor; a command of root borrows it and leaves it to its owner',
    async () => {
      await mkdir(door.directory, { mode: 0o750 });
      await chown(door.directory, ANA, ANA);
      expect(await door.server().start()).toMatchObject({
        detail: expect.stringContaining('belongs to user 42001') as string,
      });
      const command = door.server({ people: null });
      expect(await command.start()).toEqual({ kind: 'listening' });
      for (const name of ['control.sock', 'control.lock']) {
        expect(await lstat(join(door.directory, name))).toMatchObject({ uid: ANA, gid: ANA });
      }
      await command.close();
      expect(await readdir(door.directory)).toEqual([]);
    },
  );

  it.each([
    ['a link', () => symlink('/run/other.sock', door.path), 'it is a symbolic link'],
    ['a file', () => writeFile(door.path, ''), 'it is no socket'],
  ])('with %s at the socket’s place is refused', async (_, put, words) => {
    await mkdir(door.directory, { mode: 0o750 });
    await put();
    const detail = expect.stringContaining(words) as string;
    expect(await door.server().start()).toMatchObject({ kind: 'failed', detail });
  });

  it('with something else in the place is refused and keeps it, since root may be the one who would remove it', async () => {
    const other = join(door.directory, 'control.lock', 'passwd');
    await mkdir(join(door.directory, 'control.lock'), { recursive: true, mode: 0o750 });
    await chmod(door.directory, 0o750);
    await writeFile(other, 'kept');
    expect(await door.server().start()).toMatchObject({ detail: expect.stringContaining(other) as string });
    expect(await readFile(other, 'utf8')).toBe('kept');
  });

  it.runIf(isRoot)('of another user who exchanges what root makes in it turns root on no other file', async () => {
    await mkdir(door.directory, { mode: 0o750 });
    await chown(door.directory, ANA, ANA);
    const victim = `${door.directory}-victim`;
    await writeFile(victim, '', { mode: 0o600 });
    const random = new FakeRandom();
    const own = join(door.directory, `.${new FakeRandom().id()}`);
    const server = createServer();
    const listen = server.listen.bind(server) as (path: string, done: () => void) => Server;
    const exchange = (path: string, done: () => void): Server =>
      listen(path, () => {
        renameSync(own, `${own}-away`);
        mkdirSync(own);
        chownSync(own, ANA, ANA);
        symlinkSync(victim, path);
        writeFileSync(join(own, 'kept'), '');
        done();
      });
    Object.assign(server, { listen: exchange });
    const options = { path: door.path, random, nowMs: () => 0 };
    await expect(takePlace(server, options, () => Promise.resolve('dead'))).rejects.toThrow('exchanged');
    expect((await lstat(victim)).mode & 0o777).toBe(0o600);
    expect(await readdir(own)).toContain('kept');
    server.close();
  });

  it('keeps what somebody has put in the place of what was made in it', async () => {
    await door.open();
    const own = join(door.directory, `.${new FakeRandom().id()}`);
    const exchange = (): Promise<string> => {
      renameSync(own, `${own}-away`);
      mkdirSync(own);
      writeFileSync(join(own, 'kept'), '');
      return Promise.resolve('somebody');
    };
    const server = createServer();
    const options = { path: door.path, random: new FakeRandom(), nowMs: () => 0 };
    expect(await takePlace(server, options, exchange)).toEqual({ holder: 'somebody' });
    expect(await readdir(own)).toEqual(['kept']);
    server.close();
  });

  it('with a name too long for a socket is refused', async () => {
    const server = door.server({ path: join(door.directory, 'x'.repeat(80), 'control.sock') });
    expect(await server.start()).toMatchObject({ detail: expect.stringContaining('at most 107') as string });
  });
});
