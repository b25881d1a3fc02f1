/** The strategies at work: programs stopped and started, commands run, checks asked, and how each of them may fail. */
import { describe, expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';
import type { PolicyWish } from '../support/policy.js';

const FAILED = { initially: { kind: 'failed' } } as const;

function programBench(policy: PolicyWish = {}): MonitorBench {
  const bench = benchOf({
    policies: { app: { strategy: 'process', startCommand: '/opt/app -d', maxAttempts: 1, ...policy } },
  });
  bench.add(1, 'app');
  return bench;
}

const pidsOf = async (bench: MonitorBench): Promise<readonly number[]> =>
  (await bench.table.list()).map(({ identity }) => identity.pid);

describe('strategy process', () => {
  it('stops exactly the right one of two look-alikes, its children with it, and starts it again', async () => {
    const bench = programBench({ systemName: 'long-worker-name-one', startCommand: '/opt/long-worker-name-one' });
    const right = bench.table.add({ argv: ['/opt/long-worker-name-one'] });
    const child = bench.table.add({ argv: ['/bin/child'], parentPid: right.identity.pid });
    const wrong = bench.table.add({ argv: ['/opt/long-worker-name-two'] });
    await bench.start();
    await bench.advance(5000);
    const pids = await pidsOf(bench);
    expect(pids).toContain(wrong.identity.pid);
    expect(pids).not.toContain(right.identity.pid);
    expect(pids).not.toContain(child.identity.pid);
    expect(bench.table.signals.some(({ pid }) => pid === wrong.identity.pid)).toBe(false);
    expect(bench.starter.calls).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('kills a program that ignores TERM after its time, and all that it started', async () => {
    const bench = programBench({ stopTimeoutMs: 3000 });
    const head = bench.table.add({ argv: ['/opt/app'], diesOfTermAfterMs: null });
    const child = bench.table.add({ argv: ['/bin/x'], parentPid: head.identity.pid, diesOfTermAfterMs: null });
    const startMs = bench.clock.monotonicMs();
    await bench.start();
    await bench.advance(8000);
    const kills = bench.table.signals.filter(({ signal }) => signal === 'SIGKILL');
    expect(kills.map(({ pid }) => pid).sort()).toEqual([head.identity.pid, child.identity.pid].sort());
    expect((kills[0]?.atMs ?? 0) - startMs).toBeGreaterThanOrEqual(3000);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('fails where not even KILL ends it, and starts no second one beside it', async () => {
    const bench = programBench({ stopTimeoutMs: 1000 });
    bench.table.add({ argv: ['/opt/app'], isUnkillable: true });
    await bench.start();
    await bench.advance(10_000);
    expect(bench.told('restart.ended')[0]?.outcome).toMatchObject({ kind: 'command_failed' });
    expect(bench.starter.calls).toEqual([]);
  });

  it('refuses to guess between two programs of one name', async () => {
    const bench = programBench();
    bench.table.add({ argv: ['/opt/app'] });
    bench.table.add({ argv: ['/opt/app'] });
    await bench.start();
    await bench.advance(5000);
    expect([bench.outcomes(), bench.table.signals]).toEqual([['refused'], []]);
  });

  it('takes the one of two that the pid file names', async () => {
    const bench = programBench({ pidFile: '/run/app.pid', startCommand: '/opt/app' });
    const meant = bench.table.add({ argv: ['/opt/app'] });
    const other = bench.table.add({ argv: ['/opt/app'] });
    bench.table.pidFiles.set('/run/app.pid', `${meant.identity.pid}\n`);
    await bench.start();
    await bench.advance(2000);
    expect(bench.table.signals.map(({ pid }) => pid)).not.toContain(other.identity.pid);
    expect(await pidsOf(bench)).not.toContain(meant.identity.pid);
  });

  it('does not stop the other one of two where the one that the pid file names has died', async () => {
    const bench = programBench({ pidFile: '/run/app.pid' });
    const other = bench.table.add({ argv: ['/opt/app'] });
    bench.table.pidFiles.set('/run/app.pid', '4711\n');
    await bench.start();
    await bench.advance(3000);
    expect([bench.outcomes(), bench.table.signals]).toEqual([['refused'], []]);
    expect(await pidsOf(bench)).toEqual([other.identity.pid]);
  });

  it('does not fight systemd for the main program of a unit', async () => {
    const bench = programBench();
    bench.units.add('web.service', { initially: { kind: 'runs' } });
    const { mainPid } = await bench.stateOf('web.service');
    bench.table.add({ argv: ['/opt/app'], pid: mainPid, unit: 'web.service' });
    await bench.start();
    await bench.advance(3000);
    expect([bench.outcomes(), bench.table.signals]).toEqual([['refused'], []]);
    expect(bench.told('restart.ended')[0]?.outcome).toMatchObject({
      detail: expect.stringContaining('web.service') as string,
    });
  });

  it('does not take a unit’s program while systemd does not answer', async () => {
    const bench = benchOf({
      policies: { app: { strategy: 'auto' } },
      units: { 'app.service': { initially: { kind: 'runs' } } },
    });
    bench.table.add({ argv: ['/opt/app'], unit: 'app.service' });
    bench.units.isAvailable = false;
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    expect([bench.outcomes(), bench.table.signals]).toEqual([['refused'], []]);
  });

  it.each([
    [
      'a missing executable is a failure with that word in it',
      { reason: 'missing', detail: 'missing executable: /opt/app' },
      'command_failed',
    ],
    ['a missing right is no failure of the process', { reason: 'not_permitted', detail: 'not permitted' }, 'refused'],
    ['unbalanced quotes are no failure of the process', { reason: 'bad_command', detail: 'quote' }, 'refused'],
  ] as const)('%s', async (_sentence, refusal, kind) => {
    const bench = programBench();
    bench.starter.on('app', { refusal });
    await bench.start();
    await bench.advance(1000);
    expect(bench.told('restart.ended')[0]?.outcome).toMatchObject({
      kind,
      detail: expect.stringContaining(refusal.detail) as string,
    });
  });

  it('is not fooled by a program that dies right after its start', async () => {
    const bench = programBench();
    bench.starter.on('app', { program: { livesMs: 500 } });
    await bench.start();
    await bench.advance(8000);
    expect(bench.outcomes()[0]).toBe('still_unhealthy');
  });

  it('starts it as its user, in its directory and with its environment', async () => {
    const environment = { A: 'b=c' };
    const bench = programBench({ user: 'app', workingDirectory: '/srv/app', environment });
    bench.runner.on('id -u -- app', { output: '1000\n' });
    bench.starter.on('app', { program: { uid: 1000 } });
    await bench.start();
    await bench.advance(3000);
    expect(bench.starter.calls).toMatchObject([
      { user: 'app', workingDirectory: '/srv/app', environment, commandLine: '/opt/app -d' },
    ]);
    expect(bench.outcomes()).toEqual(['recovered']);
  });
});

describe('a restart command', () => {
  const custom = {
    strategy: 'custom',
    restartCommand: '/opt/ctl %s --x="a=b"',
    systemName: 'nounit',
    maxAttempts: 1,
  } as const;

  it('runs in the shell as it was written, with the process in its environment', async () => {
    const bench = benchOf({ policies: { app: custom } });
    bench.runner.on('/opt/ctl');
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    expect(bench.runner.calls).toMatchObject([
      {
        command: {
          file: '/bin/sh',
          args: ['-c', '/opt/ctl nounit --x="a=b"'],
          environment: { PROCESS_NAME: 'app', SYSTEM_NAME: 'nounit' },
        },
        timeoutMs: 60_000,
      },
    ]);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it.each([
    ['exits with an error and nothing else can be looked at', { exitCode: 3 }, 'exited 3'],
    ['hangs', { afterMs: Infinity }, 'timed out'],
    ['is missing', { exitCode: 127 }, 'missing executable'],
    ['is killed', { diedOf: 'SIGSEGV' }, 'SIGSEGV'],
  ])('that %s has failed', async (_what, answer, words) => {
    const bench = benchOf({ policies: { app: custom } });
    bench.runner.on('/opt/ctl', answer);
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(65_000);
    expect(bench.told('restart.ended')[0]?.outcome).toMatchObject({
      kind: 'command_failed',
      detail: expect.stringContaining(words) as string,
    });
    expect(row.alarma).toBe(1);
  });

  it('that exits with an error is overruled by a unit that runs', async () => {
    const bench = benchOf({ policies: { app: { ...custom, systemName: 'app' } }, units: { 'app.service': FAILED } });
    bench.runner.on('/opt/ctl', { exitCode: 1, effect: () => bench.units.happens('app', { kind: 'runs' }) });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('that exits with 0 proves nothing where the unit stays down', async () => {
    const bench = benchOf({ policies: { app: { ...custom, systemName: 'app' } }, units: { 'app.service': FAILED } });
    bench.runner.on('/opt/ctl');
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    expect(bench.outcomes()[0]).toBe('still_unhealthy');
  });
});

describe('the command before a restart', () => {
  it('runs once for all attempts', async () => {
    const policy = { preRestartCommand: 'cleanup %s', maxAttempts: 3 };
    const bench = benchOf({
      policies: { app: policy },
      units: { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }] } },
    });
    bench.runner.on('cleanup app');
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3900);
    expect([bench.runner.calls.length, bench.units.restarted.length]).toEqual([1, 2]);
  });

  it('that fails ends the handling: nothing is restarted, and it counts', async () => {
    const bench = benchOf({ policies: { app: { preRestartCommand: 'cleanup' } }, units: { 'app.service': FAILED } });
    bench.runner.on('cleanup', { exitCode: 1 });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(900);
    expect(bench.units.restarted).toEqual([]);
    expect(bench.told('restart.ended')).toMatchObject([{ outcome: { kind: 'command_failed', attempts: 0 } }]);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
  });
});

describe('configured checks', () => {
  const checks = {
    healthChecks: [
      { kind: 'command', commandLine: 'check %s' },
      { kind: 'tcp', host: 'localhost', port: 80 },
    ],
  } as const;

  it('are repeated until all pass in one round', async () => {
    const bench = benchOf({ policies: { app: checks }, units: { 'app.service': FAILED } });
    bench.runner.on('check app', { exitCode: 1 }, { exitCode: 0 });
    bench.prober.on('localhost:80', { failure: 'connection refused' }, {});
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2900);
    expect([bench.runner.calls.length, bench.prober.calls.length, row.alarma]).toEqual([2, 1, 1]);
    await bench.advance(200);
    expect([bench.runner.calls.length, bench.prober.calls.length, row.alarma]).toEqual([3, 2, 0]);
  });

  it('that hang are cut off with their time, and the attempt has failed', async () => {
    const bench = benchOf({
      policies: { app: { ...checks, maxAttempts: 1, healthCheckTimeoutMs: 5000 } },
      units: { 'app.service': FAILED },
    });
    bench.runner.on('check app', { afterMs: Infinity });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(7000);
    expect(bench.told('restart.ended')).toMatchObject([
      { outcome: { kind: 'still_unhealthy', detail: expect.stringContaining('timed out') as string } },
    ]);
  });

  it('are not asked of a unit that is not well by itself', async () => {
    const bench = benchOf({
      policies: { app: { ...checks, maxAttempts: 1 } },
      units: { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }] } },
    });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    expect(bench.runner.calls).toEqual([]);
  });
});
