/** Stopping in good order, and what a person may ask of the running monitor. */
import { describe, expect, it } from 'vitest';
import type { RestartOutcome } from '../../src/domain/outcome.js';
import { settle } from '../support/fake-clock.js';
import { benchOf, outage } from '../support/monitor-bench.js';
import { policyOf } from '../support/policy.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const SLOW = { ...FAILED, restarts: [{ takesMs: 20_000 }] } as const;

describe('the first request to stop', () => {
  it('lets what runs come to its end, written back and settled', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': SLOW } });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    await bench.stop();
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(row.alarma).toBe(0);
    expect(bench.clock.pendingSleeps).toBe(0);
    expect(bench.stateStore.state?.processes['1']).toMatchObject({
      inFlight: null,
      watch: { alarmId: '000000010000' },
    });
  });

  it('drops what waits for a slot, and begins nothing new', async () => {
    const names = ['a', 'b', 'c'];
    const bench = benchOf({
      policies: Object.fromEntries(names.map((name) => [name, {}])),
      units: Object.fromEntries(names.map((name) => [`${name}.service`, SLOW])),
      options: { maxParallelRestarts: 1 },
    });
    const rows = names.map((name, index) => bench.add(index + 1, name));
    await bench.start();
    await bench.advance(1000);
    await bench.stop();
    expect(bench.units.restarted).toEqual(['a.service']);
    expect(rows.map(({ alarma }) => alarma)).toEqual([0, 1, 1]);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('while a batch is being judged starts nothing of it', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    const describe = bench.units.describe.bind(bench.units);
    bench.units.describe = (...asked) => {
      bench.drain();
      return describe(...asked);
    };
    await bench.start();
    bench.add(1, 'app');
    await bench.advance(5000);
    expect(bench.told('alarm.found')).toHaveLength(1);
    expect(bench.told('restart.started')).toEqual([]);
  });

  it('ends a watch, which the next run goes on with', async () => {
    const bench = benchOf({ policies: { app: { stableTimeMs: 60_000 } }, units: { 'app.service': FAILED } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(20_000);
    await bench.stop();
    expect(bench.told('process.stable')).toEqual([]);
    await bench.advance(10_000);
    await bench.start();
    await bench.advance(25_000);
    expect(bench.told('process.stable')).toEqual([]);
    await bench.advance(10_000);
    expect(bench.told('process.stable')).toHaveLength(1);
  });

  it('does not wait for a database that is away', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    bench.store.setOutage(outage());
    await bench.start();
    await bench.advance(60_000);
    const askedMs = bench.clock.monotonicMs();
    await bench.stop();
    expect(bench.clock.monotonicMs()).toBe(askedMs);
  });
});

describe('the end of the grace', () => {
  it('ends every wait at once, uncounted, and the next run settles by looking what was done', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': SLOW } });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    bench.drain();
    bench.abort();
    await settle();
    await bench.stop();
    expect(bench.outcomes()).toEqual(['shutdown']);
    expect(row.alarma).toBe(1);
    expect(bench.stateStore.state?.processes['1']?.breaker ?? { kind: 'closed', failures: 0 }).toEqual({
      kind: 'closed',
      failures: 0,
    });
    await bench.start();
    await bench.advance(60_000);
    expect(bench.outcomes()).toEqual(['shutdown', 'recovered']);
    expect(bench.units.restarted).toHaveLength(1);
    expect(row.alarma).toBe(0);
  });
});

describe('what an earlier monitor has left to look at', () => {
  it('does not hold up the stop: nothing is under way, and the next monitor looks on', async () => {
    const policies = { app: { strategy: 'custom', restartCommand: 'mend' } } as const;
    const bench = benchOf({ policies, units: {} });
    bench.runner.on('mend', { afterMs: 30_000 });
    bench.add(1, 'app');
    await bench.start();
    await bench.restartAfterKill(1000);
    expect(bench.told('handling.resumed')).toMatchObject([{ finding: 'looking' }]);
    const beforeMs = bench.clock.monotonicMs();
    await bench.stop();
    expect(bench.clock.monotonicMs() - beforeMs).toBe(0);
    await bench.start();
    expect(bench.told('handling.resumed')).toHaveLength(2);
    expect(bench.outcomes()).toEqual([]);
  });
});

describe('a restart that a person asks for', () => {
  it('is outside the breaker, and clears the alarm of the process', async () => {
    const breaker = { maxFailures: 1, resetAfterMs: 1e9, resetMultiplier: 1, maxOpenMs: 1e9 };
    const units = { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }, {}] } } as const;
    const bench = benchOf({ policies: { app: { maxAttempts: 1, breaker } }, units });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    expect(bench.memoryOf(1)?.breaker.kind).toBe('open');
    const outcome = bench.monitor.restartNow(policyOf());
    await bench.advance(2000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
    expect(row.alarma).toBe(0);
  });

  it('that fails is no failure of the process', async () => {
    const bench = benchOf({
      policies: { app: {} },
      units: { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }] } },
    });
    bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    const outcome = bench.monitor.restartNow(policyOf({ maxAttempts: 1 }));
    await bench.advance(2000);
    expect(await outcome).toMatchObject({ kind: 'still_unhealthy' });
    expect(bench.memoryOf(1)).toBeNull();
  });

  it('that fails is not counted for a process in alarm either', async () => {
    const policies = { app: { dryRun: true } };
    const bench = benchOf({
      policies,
      units: { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }] } },
    });
    bench.add(1, 'app');
    await bench.start();
    const outcome = bench.monitor.restartNow(policyOf({ maxAttempts: 1 }));
    await bench.advance(2000);
    expect(await outcome).toMatchObject({ kind: 'still_unhealthy' });
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
  });

  it('settles what was owed for the process before, once', async () => {
    const bench = benchOf({
      policies: { app: {} },
      units: { 'app.service': { ...FAILED, restarts: [{}, { takesMs: 5000 }] } },
    });
    const row = bench.add(1, 'app');
    await bench.start();
    bench.store.setOutage(outage());
    await bench.advance(8000);
    expect(bench.memoryOf(1)?.owed).not.toBeNull();
    bench.store.setOutage(null);
    const outcome = bench.monitor.restartNow(policyOf());
    await bench.advance(20_000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
    expect(bench.told('write_back.done')).toMatchObject([{ wasOwed: false, rows: 1 }]);
    expect([row.alarma, bench.memoryOf(1)?.owed]).toEqual([0, null]);
  });

  it('works without a database', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    bench.store.setOutage(outage());
    await bench.start();
    const outcome = bench.monitor.restartNow(policyOf());
    await bench.advance(2000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
  });

  it('is turned down while its target is being handled, or when the monitor stops', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': SLOW } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(1000);
    expect(await bench.monitor.restartNow(policyOf())).toBe('busy');
    bench.drain();
    expect(await bench.monitor.restartNow(policyOf({ processName: 'other' }))).toBe('busy');
  });

  it('is turned down, and not forgotten, when it still waits for a slot as the monitor stops', async () => {
    const units = { 'app.service': SLOW, 'web.service': FAILED };
    const bench = benchOf({ policies: { app: {} }, units, options: { maxParallelRestarts: 1 } });
    bench.add(1, 'app');
    await bench.start();
    const outcome: Promise<RestartOutcome | 'busy'> = bench.monitor.restartNow(policyOf({ processName: 'web' }));
    await settle();
    bench.drain();
    expect(await outcome).toBe('busy');
    await bench.stop();
    expect(bench.units.restarted).toEqual(['app.service']);
  });
});

describe('one cycle alone', () => {
  it('handles what is in alarm, waits for it, and ends', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': SLOW }, options: { checkIntervalMs: 1e9 } });
    await bench.start();
    const row = bench.add(1, 'app');
    let isOver = false;
    const once = bench.monitor.once().then(() => (isOver = true));
    await bench.advance(10_000);
    expect(isOver).toBe(false);
    await bench.advance(20_000);
    await once;
    expect(row.alarma).toBe(0);
  });
});
