/** One place, many who want it: monitors that start at the same instant, and those who wait for the death of another. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { build } from 'esbuild';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ControlStart } from '../../src/adapters/control/control-server.js';
import { FakeClock } from '../support/fake-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TestDoor } from '../support/test-door.js';
import { PATIENCE } from '../support/patience.js';

let door: TestDoor;
beforeEach(async () => {
  door = await TestDoor.create();
});

/** A process of its own that takes the place when it is told to. */
class Starter {
  readonly child: ChildProcess;
  readonly #lines: Interface;

  constructor(program: string, path: string) {
    this.child = spawn(process.execPath, [program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void this.child.kill('SIGKILL'));
    if (this.child.stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: this.child.stdout });
  }

  async hear(): Promise<string> {
    const [line] = (await once(this.#lines, 'line')) as [string];
    return line;
  }

  async start(): Promise<ControlStart['kind']> {
    const heard = this.hear();
    this.child.stdin?.write('start\n');
    return (JSON.parse(await heard) as ControlStart).kind;
  }

  async die(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

async function starters(count: number): Promise<readonly Starter[]> {
  const outfile = join(await temporaryDirectory(), 'door-driver.mjs');
  const entryPoints = [join(import.meta.dirname, '../fixtures/door-driver.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const made = Array.from({ length: count }, () => new Starter(outfile, door.path));
  await Promise.all(made.map((each) => each.hear()));
  return made;
}

/** As a monitor leaves it that was killed: a socket in the place, and its name outside. */
async function leaveDead(): Promise<void> {
  const held = join(door.directory, 'control.lock');
  await mkdir(held, { recursive: true, mode: 0o750 });
  for (const path of [join(held, 'dead00000000'), door.path]) {
    const server = createServer().listen(join(door.directory, 'dead'));
    await once(server, 'listening');
    await rename(join(door.directory, 'dead'), path);
    server.close();
    await once(server, 'close');
  }
}

const kindsOf = (starts: readonly ControlStart[]): readonly string[] => starts.map(({ kind }) => kind).sort();

describe('of monitors that start at the same instant', () => {
  it('one gets the place, and after its death by kill -9 one of the others, until none is left', async () => {
    let left = await starters(5);
    while (left.length > 0) {
      const kinds = await Promise.all(left.map((each) => each.start()));
      expect([...kinds].sort()).toEqual([...left.slice(1).map(() => 'in_use'), 'listening']);
      const winner = left[kinds.indexOf('listening')];
      await winner?.die();
      left = left.filter((each) => each !== winner);
    }
  });

  it('one gets the place of a dead one, however often it is tried', async () => {
    for (let round = 0; round < 20; round += 1) {
      await leaveDead();
      const servers = Array.from({ length: 12 }, () => door.server());
      const starts = await Promise.all(servers.map((each) => each.start()));
      expect(kindsOf(starts)).toEqual([...Array.from({ length: 11 }, () => 'in_use'), 'listening']);
      await Promise.all(servers.map((each) => each.close()));
      expect(await readdir(door.directory)).toEqual(['proof']);
    }
  });
});

describe('one who waits', () => {
  it('has the place as soon as its holder closes, and is found by clients', async () => {
    const [first, second] = [door.server(), door.server()];
    expect(await first.start()).toEqual({ kind: 'listening' });
    expect(await second.start()).toEqual({ kind: 'in_use', pid: 4711 });
    await first.close();
    expect(await second.start()).toEqual({ kind: 'listening' });
    const client = door.visitor();
    client.say({ command: 'ping' });
    expect(await client.hear()).toMatchObject({ ok: true });
    await first.close();
    expect((await readdir(door.directory)).sort()).toEqual(['control.lock', 'control.sock', 'proof']);
  });

  it('does not get it from one that closes and still ends what it does', async () => {
    const first = door.server();
    await first.start();
    let end = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      door.handler.handle = () => {
        resolve();
        return new Promise((done) => {
          end = () => done({ ok: true, code: 'done', text: '1' });
        });
      };
    });
    door.visitor().say({ command: 'ping' });
    await asked;
    const closed = first.close();
    expect(await door.server().start()).toMatchObject({ kind: 'in_use' });
    end();
    await closed;
    expect(await door.server().start()).toEqual({ kind: 'listening' });
  });

  it('gets it where the holder’s directory was removed; the holder is told, and does not take it back', async () => {
    const clock = new FakeClock();
    const lost: string[] = [];
    const first = door.server({ clock, onLost: (detail) => lost.push(detail) });
    expect(await first.start()).toEqual({ kind: 'listening' });
    await rm(door.directory, { recursive: true });
    const second = door.server();
    expect(await second.start()).toEqual({ kind: 'listening' });
    await clock.advance(30_000);
    await expect.poll(() => lost, PATIENCE).toEqual([expect.stringContaining('pid 4711')]);
    expect(await door.server().start()).toMatchObject({ kind: 'in_use' });
  });
});
