/** Both runners keep the runner's promises, and the real one what only real commands can show. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SpawnRunner } from '../../src/adapters/exec/spawn-runner.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { Command, CommandResult } from '../../src/ports/command-runner.js';
import { fixture } from '../fixtures/fixture.js';
import { FakeClock } from '../support/fake-clock.js';
import { ScriptedRunner, type ScriptedAnswer } from '../support/scripted-runner.js';
import { commandRunnerContract } from './command-runner-contract.js';
import { PATIENCE } from '../support/patience.js';

commandRunnerContract('SpawnRunner', () => ({
  runner: new SpawnRunner(new SystemClock()),
  pass: (ms) => realSleep(ms + 5),
  exits: (exitCode, output) => ({ file: fixture('exits-with.sh'), args: [String(exitCode), output] }),
  hangs: () => ({ file: 'sleep', args: ['1000'] }),
  printsMebibytes: (count) => ({ file: fixture('prints-a-lot.sh'), args: [String(count)] }),
  missing: () => ({ file: 'no-such-program', args: [] }),
  notPermitted: () => ({ file: '/etc/passwd', args: [] }),
}));

commandRunnerContract('ScriptedRunner', () => {
  const clock = new FakeClock();
  const runner = new ScriptedRunner(clock);
  const scripted = (file: string, answer: ScriptedAnswer): Command => {
    runner.on(file, answer);
    return { file, args: [] };
  };
  return {
    runner,
    pass: (ms) => clock.advance(ms),
    exits: (exitCode, output) => scripted('exits', { exitCode, output }),
    hangs: () => scripted('hangs', { afterMs: Infinity }),
    printsMebibytes: (count) => scripted('prints', { output: `${'x'.repeat(count * 2 ** 20)}the end\n` }),
    missing: () => scripted('missing', { notStarted: 'missing' }),
    notPermitted: () => scripted('forbidden', { notStarted: 'not_permitted' }),
  };
});

describe('SpawnRunner with real programs', () => {
  const runner = new SpawnRunner(new SystemClock());
  const patient = { timeoutMs: 30_000, signal: new AbortController().signal };
  const leftovers: number[] = [];
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'runner-'));
  });
  afterEach(async () => {
    for (const pid of leftovers.splice(0)) if (await isThere(pid)) process.kill(pid, 'SIGKILL');
    await rm(directory, { recursive: true });
  });
  const run = (name: string, args: readonly string[], timeoutMs = 30_000): Promise<CommandResult> =>
    runner.run({ file: fixture(name), args }, { ...patient, timeoutMs });

  it('gives an empty standard input, so that a reader ends at once', async () => {
    expect(await run('reads-stdin.sh', [])).toMatchObject({ kind: 'exited', output: 'read 0 bytes\n' });
  });

  it('kills a command that ignores TERM two seconds later', async () => {
    const result = await run('ignores-sigterm.sh', [], 2000);
    expect(result.kind).toBe('timed_out');
    const [pid] = pidsIn(result);
    expect(await isThere(pid)).toBe(false);
    expect('durationMs' in result && result.durationMs).toBeGreaterThanOrEqual(4000);
  });

  it('leaves nothing of a command whose time is up, also what left its group', async () => {
    const result = await run('spawns-children.sh', [], 3000);
    expect(result.kind).toBe('timed_out');
    const pids = pidsIn(result);
    expect(pids).toHaveLength(4);
    expect(await Promise.all(pids.map(isThere))).toEqual([false, false, false, false]);
    expect('durationMs' in result && result.durationMs).toBeLessThan(4900);
  });

  it('leaves nothing of an aborted command either', async () => {
    const stop = new AbortController();
    const file = join(directory, 'pid');
    const command = { file: fixture('ignores-sigterm.sh'), args: [file] };
    const pending = runner.run(command, { ...patient, signal: stop.signal });
    await vi.waitFor(() => readFile(file), PATIENCE);
    stop.abort();
    const result = await pending;
    expect(result.kind).toBe('aborted');
    expect(await Promise.all(pidsIn(result).map(isThere))).toEqual([false]);
  });

  it('reads a gigabyte of output without growing', async () => {
    const beforeBytes = process.memoryUsage().rss;
    const result = await run('prints-a-lot.sh', ['1024']);
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect('output' in result && result.output.endsWith('the end\n')).toBe(true);
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(100 * 2 ** 20);
  });

  it('does not wait for a daemon that holds the output, and does not kill it by closing its output', async () => {
    const file = join(directory, 'alive');
    const result = await run('leaves-a-daemon.sh', [file]);
    leftovers.push(...pidsIn(result));
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect('durationMs' in result && result.durationMs).toBeLessThan(2000);
    await writeFile(`${file}.go`, '');
    await vi.waitFor(() => readFile(file), PATIENCE);
  });

  it('passes on nothing of its own environment', async () => {
    vi.stubEnv('MONITOR_DB_PASSWORD', 'secret');
    vi.stubEnv('NOTIFY_SOCKET', '/run/systemd/notify');
    const result = await runner.run({ file: 'env', args: [], environment: { COLOUR: 'green' } }, patient);
    vi.unstubAllEnvs();
    const lines = ('output' in result ? result.output : '').trim().split('\n').sort();
    expect(lines).toEqual([
      'COLOUR=green',
      'LANG=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  it('tells the signal that killed a command', async () => {
    const result = await runner.run({ file: 'sh', args: ['-c', 'kill -SEGV $$'] }, patient);
    expect(result).toMatchObject({ kind: 'killed', signal: 'SIGSEGV' });
  });

  it('runs in / unless told otherwise, and tells a missing directory from a missing program', async () => {
    expect(await runner.run({ file: 'pwd', args: [] }, patient)).toMatchObject({ output: '/\n' });
    const elsewhere = { file: 'pwd', args: [], workingDirectory: directory };
    expect(await runner.run(elsewhere, patient)).toMatchObject({ output: `${directory}\n` });
    const nowhere = { file: 'pwd', args: [], workingDirectory: '/no/such/place' };
    expect(await runner.run(nowhere, patient)).toEqual({
      kind: 'not_started',
      reason: 'other',
      detail: 'working directory /no/such/place does not exist',
    });
  });

  it('tells a missing interpreter from a missing program', async () => {
    const script = join(directory, 'script');
    await writeFile(script, '#!/no/such/interpreter\n');
    await chmod(script, 0o755);
    const result = await runner.run({ file: script, args: [] }, patient);
    expect(result).toMatchObject({ reason: 'missing', detail: `missing interpreter of ${script}` });
  });

  it('says what is wrong with an argument that no program can take', async () => {
    const result = await runner.run({ file: 'true', args: ['a\0b'] }, patient);
    expect(result).toMatchObject({ kind: 'not_started', reason: 'other' });
  });
});

function pidsIn(result: CommandResult): readonly number[] {
  const output = 'output' in result ? result.output : '';
  return [...output.matchAll(/\w+ (\d+)$/gm)].map((match) => Number(match[1]));
}

async function isThere(pid: number | undefined): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !/\) [ZX] /.test(stat);
}
