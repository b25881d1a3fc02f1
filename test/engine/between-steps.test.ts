/** What happens between two steps that are meant for one moment: while the database, the disk or systemd takes its time. */
import { describe, expect, it, vi } from 'vitest';
import { SOLE_OWNER } from '../../src/ports/ownership.js';
import { BENCH_OPTIONS, benchOf, type BenchSetup, type MonitorBench } from '../support/monitor-bench.js';
import { idOf, policyOf, type PolicyWish } from '../support/policy.js';
import { slowDown } from '../support/slow-port.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const SLOW_WEB = { ...FAILED, restarts: [{ takesMs: 20_000 }] } as const;
function oneAlarm(setup: BenchSetup = {}): MonitorBench {
  const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED }, ...setup });
  bench.add(1, 'app');
  return bench;
}

function isolate(bench: MonitorBench): void {
  bench.monitor.ledger.setByPerson({ processId: idOf(1), processName: 'app' }, 'isolate');
}

describe('while a restart is being prepared', () => {
  it.each([
    ['the row is claimed', 'claim', {}, 0],
    ['it is asked whether the row is still in alarm', 'stillAlarmed', { claims: 'off' }, 0],
    ['it is put on record', 'save', {}, 1],
  ] as const)('and %s, a person who holds the breaker open keeps it back', async (_what, method, store, attempts) => {
    const bench = oneAlarm({ store });
    const slowness = { clock: bench.clock, askMs: 3000 };
    if (method === 'save') slowDown(bench.stateStore, method, slowness);
    else if (method === 'claim') slowDown(bench.store.writer, method, slowness);
    else slowDown(bench.store.source, method, slowness);
    await bench.start();
    await bench.advance(1000);
    isolate(bench);
    await bench.advance(5000);
    expect(bench.units.restarted).toEqual([]);
    expect(bench.told('restart.ended')).toMatchObject([{ outcome: { kind: 'interrupted', why: 'isolated' } }]);
    expect(bench.told('restart.attempted')).toHaveLength(attempts);
    expect(bench.memoryOf(1)?.inFlight).toBeNull();
  });

  it('an operator who begins to stop the unit meanwhile is left alone', async () => {
    const bench = oneAlarm();
    slowDown(bench.store.writer, 'claim', { clock: bench.clock, askMs: 3000 });
    await bench.start();
    await bench.advance(1000);
    bench.units.operatorStops('app.service', 10_000);
    await bench.advance(5000);
    expect(bench.outcomes()).toEqual(['operator_at_work']);
    expect(bench.told('restart.attempted')).toEqual([]);
  });

  it.each([null, '/opt/prepare'])(
    'and put on record, another monitor that takes the rows over keeps it back, and its %s',
    async (preRestartCommand) => {
      const bench = benchOf({ policies: { app: { preRestartCommand } }, units: { 'app.service': FAILED } });
      bench.runner.on('/opt/prepare');
      bench.add(1, 'app');
      slowDown(bench.stateStore, 'save', { clock: bench.clock, askMs: 3000 });
      await bench.start();
      await bench.advance(1000);
      const spy = vi.spyOn(SOLE_OWNER, 'state').mockReturnValue({ kind: 'standby', holder: 'other' });
      await bench.advance(5000);
      spy.mockRestore();
      expect([bench.units.restarted, bench.runner.calls]).toEqual([[], []]);
      expect(bench.outcomes()).toEqual(['not_owner']);
    },
  );

  it('a program that somebody else starts meanwhile is not started a second time', async () => {
    const bench = benchOf({ policies: { app: { strategy: 'process', startCommand: '/opt/app' } } });
    bench.add(1, 'app');
    slowDown(bench.store.writer, 'claim', { clock: bench.clock, askMs: 3000 });
    await bench.start();
    await bench.advance(1000);
    bench.table.add({ argv: ['/opt/app'], comm: 'app' });
    await bench.advance(10_000);
    expect((await bench.table.list()).filter(({ comm }) => comm === 'app')).toHaveLength(1);
  });

  it('a program that somebody else starts between its stop and its start is left alone, and proved', async () => {
    const bench = benchOf({ policies: { app: { strategy: 'process', startCommand: '/opt/app' } } });
    const row = bench.add(1, 'app');
    bench.table.add({ argv: ['/opt/app'], comm: 'app' });
    slowDown(bench.stateStore, 'save', { clock: bench.clock, askMs: 500 });
    await bench.start();
    await bench.advance(800);
    const { identity } = bench.table.add({ argv: ['/opt/app'], comm: 'app' });
    await bench.advance(10_000);
    expect(bench.starter.calls).toEqual([]);
    expect(bench.told('command.ended').map(({ report }) => report.summary)).toEqual([
      'ended at TERM',
      `not started: pid ${identity.pid} runs already`,
    ]);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(row.alarma).toBe(0);
  });
});

describe('a program that was stopped to be started', () => {
  it('is started by its own unit, which had failed, although a person holds its breaker open by then', async () => {
    const bench = benchOf({
      policies: { app: { strategy: 'process', startCommand: '/opt/app' } },
      units: { 'pm-app.service': { initially: { kind: 'failed', result: 'start-limit-hit' } } },
    });
    bench.add(1, 'app');
    bench.table.add({ argv: ['/opt/app'], comm: 'app' });
    slowDown(bench.stateStore, 'save', { clock: bench.clock, askMs: 500 });
    await bench.start();
    await bench.advance(800);
    isolate(bench);
    await bench.advance(10_000);
    expect(bench.units.restarted).toEqual(['pm-app.service']);
  });

  it('is started although a person holds its breaker open by then', async () => {
    const bench = benchOf({ policies: { app: { strategy: 'process', startCommand: '/opt/app' } } });
    bench.add(1, 'app');
    bench.table.add({ argv: ['/opt/app'], comm: 'app' });
    slowDown(bench.stateStore, 'save', { clock: bench.clock, askMs: 500 });
    await bench.start();
    await bench.advance(800);
    isolate(bench);
    await bench.advance(10_000);
    expect(bench.starter.calls).toHaveLength(1);
    expect((await bench.table.list()).filter(({ comm }) => comm === 'app')).toHaveLength(1);
  });
});

describe('a program of a name that others have too', () => {
  /** In alarm, told from others by its pid file; it takes its time to end. */
  const oneWorker = (more: PolicyWish = {}): MonitorBench => {
    const own = {
      systemName: 'worker',
      strategy: 'process',
      startCommand: '/opt/worker a',
      pidFile: '/run/a.pid',
    } as const;
    const bench = benchOf({ policies: { a: { ...own, ...more } } });
    bench.add(1, 'a');
    const { identity } = bench.table.add({ argv: ['/opt/worker', 'a'], comm: 'worker', diesOfTermAfterMs: 300 });
    bench.table.pidFiles.set('/run/a.pid', `${identity.pid}\n`);
    return bench;
  };

  it.each([
    ['stays', true],
    ['goes with it', false],
  ])('is stopped and started, whether its pid file %s', async (_what, stays) => {
    const bench = oneWorker();
    bench.table.add({ argv: ['/opt/worker', 'b'], comm: 'worker' });
    await bench.start();
    if (!stays) bench.table.pidFiles.delete('/run/a.pid');
    await bench.advance(60_000);
    expect((await bench.table.list()).map(({ argv }) => argv.join(' ')).sort()).toEqual([
      '/opt/worker a',
      '/opt/worker b',
    ]);
  });

  it('never has another one stopped by a further attempt, once the pid file has gone with it', async () => {
    const bench = oneWorker({ maxAttempts: 3 });
    const other = bench.table.add({ argv: ['/opt/worker', 'b'], comm: 'worker' });
    bench.starter.on('worker', { refusal: { reason: 'ended', detail: 'exit code 1' } });
    await bench.start();
    bench.table.pidFiles.delete('/run/a.pid');
    while (bench.outcomes().length === 0) await bench.advance(100);
    expect(bench.starter.calls).toHaveLength(3);
    expect(bench.table.signals.map(({ pid }) => pid)).not.toContain(other.identity.pid);
  });

  it('and is started by somebody else, under a pid file of before, is not started beside it', async () => {
    const bench = oneWorker();
    slowDown(bench.stateStore, 'save', { clock: bench.clock, askMs: 500 });
    await bench.start();
    await bench.advance(1100);
    bench.table.add({ argv: ['/opt/worker', 'a'], comm: 'worker' });
    await bench.advance(10_000);
    expect(bench.starter.calls).toEqual([]);
  });

  it('and was started by us is not taken for one at another place', async () => {
    const bench = benchOf({ policies: { a: { systemName: '/opt/a/worker', strategy: 'process' } } });
    bench.add(1, 'a');
    bench.table.add({ argv: ['/opt/b/worker'], comm: 'worker', unit: 'pm-:opt:b:worker-0a1b2c.service' });
    await bench.start();
    await bench.advance(10_000);
    expect(bench.table.signals).toEqual([]);
  });
});

describe('a restart that waits for a slot', () => {
  const waiting = (policy = {}): MonitorBench => {
    const bench = benchOf({
      policies: { web: {}, app: policy },
      units: { 'web.service': SLOW_WEB, 'app.service': FAILED },
      options: { maxParallelRestarts: 1 },
    });
    return bench;
  };

  it('is found again at once when a reload has come and a slot is free', async () => {
    const bench = benchOf({
      policies: { web: {}, app: {} },
      units: { 'web.service': SLOW_WEB, 'app.service': FAILED },
      options: { maxParallelRestarts: 1, checkIntervalMs: 3600_000 },
    });
    bench.add(1, 'web');
    bench.add(2, 'app');
    await bench.start();
    await bench.advance(2000);
    void bench.reload();
    await bench.advance(60_000);
    expect(bench.units.restarted).toContain('app.service');
  });

  it('is not begun once a reload has disabled its process', async () => {
    const bench = waiting();
    bench.add(1, 'web');
    bench.add(2, 'app');
    await bench.start();
    await bench.advance(2000);
    const policies = [policyOf({ processName: 'web' }), policyOf({ processName: 'app', enabled: false })];
    const policyFor = (name: string) => policies.find(({ processName }) => processName === name) ?? null;
    const options = { ...BENCH_OPTIONS, maxParallelRestarts: 1, listedNames: ['web', 'app'], policyFor };
    const reloaded = bench.monitor.reconfigure(options, () => undefined);
    await bench.advance(60_000);
    await reloaded;
    expect(bench.reasons('app')).toEqual(['waits_for_slot', 'disabled']);
    expect(bench.units.restarted).toEqual(['web.service']);
  });

  it('follows the settings that a reload has brought meanwhile', async () => {
    const bench = waiting();
    bench.add(1, 'web');
    bench.add(2, 'app');
    bench.runner.on('/opt/mend');
    await bench.start();
    await bench.advance(2000);
    const mended = { processName: 'app', strategy: 'custom', restartCommand: '/opt/mend' } as const;
    const policies = [policyOf({ processName: 'web' }), policyOf(mended)];
    const policyFor = (name: string) => policies.find(({ processName }) => processName === name) ?? null;
    const options = { ...BENCH_OPTIONS, maxParallelRestarts: 1, listedNames: ['web', 'app'], policyFor };
    const reloaded = bench.monitor.reconfigure(options, () => undefined);
    await bench.advance(60_000);
    await reloaded;
    expect(bench.units.restarted).toEqual(['web.service']);
    expect(new Set(bench.runner.calls.map(({ command }) => command.args.at(-1)))).toEqual(new Set(['/opt/mend']));
  });

  it.each([
    ['has opened', 300_000, 1],
    ['has opened, and is a trial by then', 5000, 2],
  ])('is not begun as it was decided once its breaker %s', async (_what, openMs, handlings) => {
    const breaker = { maxFailures: 1, resetAfterMs: openMs, resetMultiplier: 1, maxOpenMs: openMs };
    const bench = waiting({ stableTimeMs: 5000, breaker });
    const web = bench.add(1, 'web', { alarma: 0 });
    const app = bench.add(2, 'app');
    await bench.start();
    await bench.advance(2000);
    web.alarma = 1;
    await bench.advance(3000);
    // The look at the end of the stable period takes so long that the alarm is back before it is over.
    slowDown(bench.units, 'describe', { clock: bench.clock, askMs: 3000, times: 1 });
    await bench.advance(1500);
    bench.units.happens('app.service', { kind: 'failed' });
    app.alarma = 1;
    await bench.advance(60_000);
    expect(bench.told('breaker.changed', 'app')[0]?.to.kind).toBe('open');
    expect(bench.told('restart.started', 'app').map(({ isTrial }) => isTrial)).toEqual(
      [false, true].slice(0, handlings),
    );
  });
});
