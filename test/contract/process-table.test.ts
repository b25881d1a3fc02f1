/** Both process tables keep the table's promises, and the real one what only a real /proc can show. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LinuxProcessTable } from '../../src/adapters/exec/linux-process-table.js';
import { fixture, makeLookAlikes } from '../fixtures/fixture.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeProcessTable } from '../support/fake-process-table.js';
import { processTableContract } from './process-table-contract.js';
import { PATIENCE } from '../support/patience.js';

const children: ChildProcess[] = [];
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'table-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  await rm(directory, { recursive: true });
});

const table = new LinuxProcessTable();

processTableContract('LinuxProcessTable', () => ({
  table,
  start: (args) => start('/bin/sleep', args),
  startStubborn: async () => {
    const ready = join(directory, 'ready');
    const pid = await start(fixture('ignores-sigterm.sh'), [ready]);
    await vi.waitFor(() => readFile(ready), PATIENCE);
    return pid;
  },
  gone: (pid) => vi.waitFor(async () => expect(await table.find(pid)).toBeNull(), PATIENCE),
  pidFile: async (text) => {
    await writeFile(join(directory, 'app.pid'), text);
    return join(directory, 'app.pid');
  },
}));

processTableContract('FakeProcessTable', () => {
  const clock = new FakeClock();
  const fake = new FakeProcessTable(clock);
  return {
    table: fake,
    start: async (args) => fake.add({ argv: ['/bin/sleep', ...args] }).identity.pid,
    startStubborn: async () => fake.add({ argv: ['app'], diesOfTermAfterMs: null }).identity.pid,
    gone: () => clock.advance(1),
    pidFile: async (text) => {
      fake.pidFiles.set('/run/app.pid', text);
      return '/run/app.pid';
    },
  };
});

describe('LinuxProcessTable with real programs', () => {
  it('looks once for all who ask at the same moment, and anew for who asks later', async () => {
    const both = await Promise.all([table.list(), table.list()]);
    expect(both[0]).toBe(both[1]);
    expect(await table.list()).not.toBe(both[0]);
  });

  it('looks after the last of the questions that it answers together', async () => {
    const first = table.list();
    // Without waiting: in the same turn as the question before it.
    const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
    children.push(child);
    const [before, after] = await Promise.all([first, table.list()]);
    expect(after.map(({ identity }) => identity.pid)).toContain(child.pid);
    expect(before).toBe(after);
  });

  it('tells two programs apart whose names the kernel cuts to the same', async () => {
    const { first, second } = await makeLookAlikes(directory);
    const pids = [await start(first, ['1000']), await start(second, ['1000'])];
    const [east, west] = await Promise.all(pids.map((pid) => table.find(pid)));
    expect(east?.comm).toBe(west?.comm);
    expect([east?.executable, west?.executable]).toEqual([first, second]);
  });

  it('still knows the path of an executable that has been deleted or replaced', async () => {
    const { first, second } = await makeLookAlikes(directory);
    const pid = await start(first, ['1000']);
    await unlink(first);
    expect((await table.find(pid))?.executable).toBe(first);
    await rename(second, first);
    expect((await table.find(pid))?.executable).toBe(first);
  });

  it('counts a zombie as gone', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(parent);
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    await vi.waitFor(async () => expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z '), PATIENCE);
    expect(await table.find(pid)).toBeNull();
    expect((await table.list()).map(({ identity }) => identity.pid)).not.toContain(pid);
  });

  it('knows threads of the kernel, users, and the parts of a command line', async () => {
    expect(await table.find(2)).toMatchObject({ isKernelThread: true, argv: [], executable: null });
    const child = spawn('/bin/sleep', ['1000'], { uid: 65534, gid: 65534, stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    const seen = await table.find(child.pid ?? 0);
    expect(seen).toMatchObject({ uid: 65534, argv: ['/bin/sleep', '1000'], parentPid: process.pid });
  });

  it('sees that a program lives in a container', async ({ skip }) => {
    if (spawnSync('unshare', ['--pid', '--fork', 'true']).status !== 0) skip('no right to make a namespace');
    const outer = spawn('unshare', ['--pid', '--fork', '--kill-child', 'sleep', '4321'], { stdio: 'ignore' });
    children.push(outer);
    await vi.waitFor(async () => {
      const inner = (await table.list()).find(({ parentPid, argv }) => parentPid === outer.pid && argv[1] === '4321');
      expect(inner?.isContained).toBe(true);
    }, PATIENCE);
    expect((await table.find(outer.pid ?? 0))?.isContained).toBe(false);
  });

  it('does not hang on a pid file that is a named pipe or a directory', async () => {
    spawnSync('mkfifo', [join(directory, 'pipe')]);
    expect(await table.readPidFile(join(directory, 'pipe'))).toBeNull();
    expect(await table.readPidFile(directory)).toBeNull();
  });

  it('keeps no directory of a process open', async () => {
    const pid = await start('/bin/sleep', ['1000']);
    const seen = await table.find(pid);
    for (let round = 0; round < 50 && seen !== null; round++) await table.workingDirectory(seen.identity);
    const open = spawnSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' }).stdout;
    expect(open).not.toContain(`/proc/${pid}`);
  });

  it('knows a script by its own name in the arguments and its interpreter as the executable', async () => {
    const pid = await start(fixture('dies-after.sh'), ['1000', '0']);
    const seen = await table.find(pid);
    expect(seen?.argv).toContain(fixture('dies-after.sh'));
    expect(basename(seen?.executable ?? '')).toMatch(/^(?:da|ba)?sh$/);
  });
});

async function start(file: string, args: readonly string[]): Promise<number> {
  const child = spawn(file, args, { detached: true, stdio: 'ignore', cwd: '/' });
  children.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
  // Its group where it leads one: children live on in it when the leader has been killed.
  if (!tryKill(-(child.pid ?? 0))) child.kill('SIGKILL');
  await exited;
}

function tryKill(group: number): boolean {
  try {
    return group < -1 && process.kill(group, 'SIGKILL');
  } catch {
    return false;
  }
}
