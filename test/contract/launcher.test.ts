/** The launcher: the program it becomes finds a line to whoever listens as systemd does, and starts without one too. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { fixture } from '../fixtures/fixture.js';
import { ended } from '../support/program-site.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const LAUNCHER = resolve(import.meta.dirname, '../../scripts/launch.sh');
const PROGRAM = fixture('launched.mjs');
const ARGUMENTS = ['a b', '--once', '', "it's"];

interface Told {
  readonly isForUs: boolean;
  readonly hasLine: boolean;
  readonly isInherited: boolean;
  readonly others: readonly string[];
  readonly args: readonly string[];
  readonly pid: number;
}

const listeners: ChildProcess[] = [];
afterEach(() => {
  for (const each of listeners.splice(0)) each.kill();
});

/** Listens at `name`; the function waits for so many messages. */
async function listen(name: string): Promise<(count: number) => Promise<readonly string[]>> {
  const listener = spawn('perl', [fixture('line-receiver.pl'), name], { stdio: ['ignore', 'pipe', 'inherit'] });
  listeners.push(listener);
  const lines: string[] = [];
  const reader = createInterface({ input: listener.stdout }).on('line', (line) => lines.push(line));
  await once(reader, 'line');
  return async (count) => {
    while (lines.length <= count) await once(reader, 'line');
    return lines.slice(1);
  };
}

/** A PATH on which of all interpreters there are only these. */
async function pathWith(...interpreters: readonly string[]): Promise<string> {
  const directory = await temporaryDirectory();
  for (const name of interpreters) await symlink(`/usr/bin/${name}`, join(directory, name));
  return directory;
}

async function launch(path: string, notifySocket: string | null): Promise<Told> {
  const env = { PATH: path, ...(notifySocket === null ? {} : { NOTIFY_SOCKET: notifySocket }) };
  const child = spawn('/bin/sh', [LAUNCHER, process.execPath, PROGRAM, ...ARGUMENTS], { env, stdio: 'pipe' });
  const result = await ended(child);
  expect(result).toMatchObject({ exitCode: 0, err: '' });
  const told = JSON.parse(result.out) as Told;
  expect(told.args).toEqual(ARGUMENTS);
  expect(told.pid).toBe(child.pid);
  expect(told.others).toEqual([]);
  return told;
}

describe.each(['perl', 'python3'])('the launcher with %s', (interpreter) => {
  it.each([
    ['a path', async () => join(await temporaryDirectory(), 'notify')],
    ['a name in no directory', async () => `@${join(await temporaryDirectory(), 'notify')}`],
  ])('opens a line to %s for the program that takes its place, and for none of its children', async (_, place) => {
    const name = await place();
    const messages = await listen(name);
    const told = await launch(await pathWith(interpreter), name);
    expect(told).toMatchObject({ hasLine: true, isForUs: true, isInherited: false });
    expect(await messages(2)).toEqual(['READY=1|STATUS=x', 'WATCHDOG=1']);
  });

  it('starts the program without a line where nobody listens', async () => {
    const told = await launch(await pathWith(interpreter), join(await temporaryDirectory(), 'nobody'));
    expect(told.hasLine).toBe(false);
  });

  it('ends with 127 where the program cannot be started: 2 and 78 would keep systemd from trying again', async () => {
    const env = { PATH: await pathWith(interpreter), NOTIFY_SOCKET: join(await temporaryDirectory(), 'nobody') };
    const child = spawn('/bin/sh', [LAUNCHER, '/nowhere/node'], { env, stdio: 'pipe' });
    expect((await ended(child)).exitCode).toBe(127);
  });
});

describe('the launcher', () => {
  it('starts the program without a line where there is neither perl nor python', async () => {
    const name = join(await temporaryDirectory(), 'notify');
    await listen(name);
    expect((await launch(await pathWith(), name)).hasLine).toBe(false);
  });

  it('opens nothing where systemd is not the supervisor', async () => {
    expect((await launch(await pathWith('perl'), null)).hasLine).toBe(false);
    expect((await launch(await pathWith('perl'), '')).hasLine).toBe(false);
  });
});
