/** What happens while rows are read, and of two rows of one unit: people, watches and looks that meet. */
import { describe, expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';
import { idOf, policyOf } from '../support/policy.js';
import { slowDown } from '../support/slow-port.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const SLOW_WEB = { ...FAILED, restarts: [{ takesMs: 20_000 }] } as const;
const opening = (maxFailures: number) => ({
  breaker: { maxFailures, resetAfterMs: 300_000, resetMultiplier: 1, maxOpenMs: 300_000 },
});

describe('two rows of one unit', () => {
  const names = (policy: object): object => ({ app: policy, alias: policy });
  const UNITS = { 'app.service': { aliases: ['alias.service'], ...FAILED } } as const;

  it('keep each a breaker of its own: one that has opened is not closed by the other’s stable period', async () => {
    const policy = { stableTimeMs: 20_000, ...opening(1) };
    const bench = benchOf({ policies: { ...names(policy) }, units: UNITS });
    bench.add(1, 'app');
    const alias = bench.add(2, 'alias');
    await bench.start();
    await bench.advance(5000);
    alias.alarma = 1;
    await bench.advance(60_000);
    expect(bench.told('breaker.changed', 'alias').map(({ to }) => to.kind)).toEqual(['open']);
    expect(bench.units.restarted).toHaveLength(1);
  });

  it('of which a person restarts the one without an alarm are told of under the name that was asked for', async () => {
    const bench = benchOf({ policies: { ...names({ stableTimeMs: 5000 }) }, units: UNITS });
    bench.add(1, 'app', { alarma: 0 });
    const alias = bench.add(2, 'alias', { alarma: 0 });
    await bench.start();
    alias.alarma = 1;
    void bench.monitor.restartNow(policyOf({ processName: 'app', stableTimeMs: 5000 }));
    await bench.advance(20_000);
    expect(bench.told('process.stable').map(({ processName }) => processName)).toEqual(['app']);
  });

  it('are told of each by its own name: the stable one is not the one whose alarm has returned', async () => {
    const bench = benchOf({ policies: { ...names({ stableTimeMs: 20_000, ...opening(1) }) }, units: UNITS });
    const app = bench.add(1, 'app');
    bench.add(2, 'alias');
    await bench.start();
    await bench.advance(5000);
    app.alarma = 1;
    await bench.advance(60_000);
    expect(bench.told('process.stable').map(({ processName }) => processName)).toEqual(['alias']);
  });

  it('count one failure once each, though one’s alarm returned by itself and the other’s watch saw it too', async () => {
    const policies = { ...names(opening(2)), web: {} };
    const units = { ...UNITS, 'web.service': SLOW_WEB };
    const bench = benchOf({ policies, units, options: { maxParallelRestarts: 1 } });
    bench.add(1, 'app');
    const alias = bench.add(2, 'alias');
    const web = bench.add(3, 'web', { alarma: 0 });
    await bench.start();
    await bench.advance(5000);
    web.alarma = 1;
    await bench.advance(2000);
    alias.alarma = 1;
    await bench.advance(2000);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(2000);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
    expect(bench.memoryOf(2)?.breaker).toEqual({ kind: 'closed', failures: 1 });
  });
});

describe('a person who restarts a process', () => {
  it('while its alarm is being raised again has it restarted once more, not twice', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    slowDown(bench.store.source, 'namesOf', { clock: bench.clock, answerMs: 500 });
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(100);
    void bench.monitor.restartNow(policyOf({ processName: 'app' }));
    await bench.advance(30_000);
    expect(bench.units.restarted).toHaveLength(2);
    expect(bench.told('process.relapsed')).toHaveLength(1);
  });

  it('while its alarm is being raised, which ends before the rows are read, has it restarted once more', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    slowDown(bench.store.source, 'namesOf', { clock: bench.clock, answerMs: 300 });
    slowDown(bench.store.source, 'alarmed', { clock: bench.clock, answerMs: 1000 });
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(100);
    void bench.monitor.restartNow(policyOf({ processName: 'app' }));
    await bench.advance(30_000);
    expect(bench.units.restarted).toHaveLength(2);
  });

  it('while the alarm of another name of its program is being raised has it restarted once more', async () => {
    const wish = { systemName: '/opt/app', strategy: 'process', stableTimeMs: 60_000 } as const;
    const bench = benchOf({ policies: { app: wish, alias: wish }, options: { checkIntervalMs: 20_000 } });
    bench.add(1, 'app', { alarma: 0 });
    bench.add(2, 'alias');
    bench.starter.on(':opt:app', { program: { livesMs: 4000 } }, {}, {});
    await bench.start();
    slowDown(bench.store.source, 'namesOf', { clock: bench.clock, answerMs: 3000 });
    while (bench.told('process.relapsed').length === 0) await bench.advance(100);
    void bench.monitor.restartNow(policyOf({ processName: 'app', ...wish }));
    await bench.advance(75_000);
    expect(bench.told('restart.started')).toHaveLength(2);
  });

  it('reads the table once where nothing is being raised, though its alarm could not be a while ago', async () => {
    const policy = { watchesUnit: true };
    const bench = benchOf({
      policies: { app: policy },
      units: { 'app.service': { initially: { kind: 'runs' } } },
      options: { checkIntervalMs: 1e7 },
      store: { writes: 'off' },
    });
    bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    await bench.advance(1000);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(30_000);
    const before = bench.store.calls.filter((call) => call === 'alarmed').length;
    void bench.monitor.restartNow(policyOf({ processName: 'app', ...policy }));
    await bench.advance(20_000);
    expect(bench.units.restarted).toEqual(['app.service']);
    expect(bench.store.calls.filter((call) => call === 'alarmed')).toHaveLength(before + 1);
  });

  it('does not wait for the alarm of another process to be raised', async () => {
    const bench = benchOf({ policies: { web: {}, app: {} }, units: { 'web.service': FAILED, 'app.service': FAILED } });
    bench.add(1, 'web');
    bench.add(2, 'app', { alarma: 0 });
    await bench.start();
    await bench.advance(10_000);
    slowDown(bench.store.writer, 'raise', { clock: bench.clock, askMs: 60_000 });
    bench.units.happens('web.service', { kind: 'failed' });
    await bench.advance(1000);
    void bench.monitor.restartNow(policyOf({ processName: 'app' }));
    await bench.advance(10_000);
    expect(bench.units.restarted).toContain('app.service');
  });

  it('while systemd is being asked for a look: the row is told of in that look all the same', async () => {
    const policy = { settleTimeMs: 0 };
    const options = { checkIntervalMs: 30_000 };
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': FAILED }, options });
    const row = bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    row.alarma = 1;
    slowDown(bench.units, 'describe', { clock: bench.clock, answerMs: 5000, times: 1 });
    await bench.advance(30_000);
    void bench.monitor.restartNow(policyOf({ processName: 'app', ...policy }));
    await bench.advance(6000);
    const look = bench.told('cycle.completed').at(-1);
    expect(look).toMatchObject({ alarmed: 1, started: 0, skipped: 1 });
    expect(bench.told('alarm.found')).toHaveLength(1);
  });

  it('has it restarted also while its breaker is held open', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    const row = bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    bench.monitor.ledger.setByPerson({ processId: idOf(1), processName: 'app' }, 'isolate');
    row.alarma = 1;
    await bench.advance(5000);
    expect(bench.units.restarted).toEqual([]);
    const outcome = bench.monitor.restartNow(policyOf({ processName: 'app' }));
    await bench.advance(10_000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
  });

  it('while a look is being answered has not restarted it in vain: what the look saw before is no relapse', async () => {
    const options = { checkIntervalMs: 30_000 };
    const policy = { settleTimeMs: 0 };
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': FAILED }, options });
    const row = bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    row.alarma = 1;
    slowDown(bench.store.source, 'alarmed', { clock: bench.clock, answerMs: 2000, times: 1 });
    await bench.advance(30_000);
    void bench.monitor.restartNow(policyOf({ processName: 'app', ...policy }));
    await bench.advance(4000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(bench.outcomes()).toEqual(['recovered']);
  });
});
