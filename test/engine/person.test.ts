/** A person's wish in the middle of what the monitor itself is doing: restarts by hand, breakers let go. */
import { describe, expect, it } from 'vitest';
import { benchOf, outage, type BenchSetup, type MonitorBench } from '../support/monitor-bench.js';
import { idOf, policyOf } from '../support/policy.js';
import type { MemoryStatus } from '../support/memory-alarm-store.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const CLOSED = { kind: 'closed', failures: 0 };
/** Opens at once, for ten seconds. */
const STRICT = { maxFailures: 1, resetAfterMs: 10_000, resetMultiplier: 2, maxOpenMs: 1e9 };

async function recovered(setup: BenchSetup = {}): Promise<{ bench: MonitorBench; row: MemoryStatus }> {
  const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED }, ...setup });
  const row = bench.add(1, 'app');
  await bench.start();
  await bench.advance(1100);
  expect(row.alarma).toBe(0);
  return { bench, row };
}

describe('a restart by hand', () => {
  it('takes over from the watch, even in the middle of a look', async () => {
    const healthChecks = [{ kind: 'tcp', host: 'localhost', port: 80 }] as const;
    const policies = { app: { healthChecks, maxAttempts: 1 } };
    const units = { 'app.service': { ...FAILED, restarts: [{}, { life: { kind: 'failed' } }] } } as const;
    const bench = benchOf({ policies, units });
    bench.prober.on('localhost:80', {}, { afterMs: 3000, failure: 'no' });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    expect([row.alarma, bench.prober.calls.length]).toEqual([0, 2]);
    const outcome = bench.monitor.restartNow(policyOf({ maxAttempts: 1 }));
    await bench.advance(30_000);
    expect(await outcome).toMatchObject({ kind: 'still_unhealthy' });
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(row.alarma).toBe(0);
  });

  it('in the stable period of a trial takes the trial’s vote over', async () => {
    const wish = { maxAttempts: 1, breaker: STRICT };
    const units = { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }, {}] } } as const;
    const bench = benchOf({ policies: { app: wish }, units });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(14_000);
    expect(bench.memoryOf(1)?.breaker.kind).toBe('half_open');
    const outcome = bench.monitor.restartNow(policyOf(wish));
    await bench.advance(70_000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
    expect(bench.memoryOf(1)).toMatchObject({ breaker: CLOSED, watch: null });
  });

  it('that stays well closes the open breaker in the end', async () => {
    const wish = { maxAttempts: 1, breaker: { ...STRICT, resetAfterMs: 1e9, maxOpenMs: 1e9 } };
    const units = { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }, {}] } } as const;
    const bench = benchOf({ policies: { app: wish }, units });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    expect(bench.memoryOf(1)?.breaker.kind).toBe('open');
    const outcome = bench.monitor.restartNow(policyOf(wish));
    await bench.advance(70_000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
    expect(bench.told('process.stable')).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker).toEqual(CLOSED);
  });

  it('closes it also where the alarm had been cleared by hand', async () => {
    const wish = { maxAttempts: 1, breaker: { ...STRICT, resetAfterMs: 1e9, maxOpenMs: 1e9 } };
    const units = { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }, {}] } } as const;
    const bench = benchOf({ policies: { app: wish }, units });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    expect(bench.memoryOf(1)?.breaker.kind).toBe('open');
    row.alarma = 0;
    const outcome = bench.monitor.restartNow(policyOf(wish));
    await bench.advance(70_000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
    expect(bench.memoryOf(1)?.breaker).toEqual(CLOSED);
    expect(bench.told('write_back.done')).toEqual([]);
  });

  it('that fails leaves no watch behind', async () => {
    const units = { 'app.service': { ...FAILED, restarts: [{}, { life: { kind: 'failed' } }] } } as const;
    const { bench } = await recovered({ units });
    const outcome = bench.monitor.restartNow(policyOf({ maxAttempts: 1 }));
    await bench.advance(5000);
    expect(await outcome).toMatchObject({ kind: 'still_unhealthy' });
    expect(bench.memoryOf(1)).toMatchObject({ breaker: CLOSED, watch: null });
  });

  it('that cannot be done leaves the watch as it was', async () => {
    const { bench, row } = await recovered();
    const outcome = bench.monitor.restartNow(policyOf({ strategy: 'custom', preRestartCommand: 'in %d' }));
    await bench.advance(1000);
    expect(await outcome).toMatchObject({ kind: 'refused' });
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(8000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect([row.alarma, bench.outcomes()]).toEqual([0, ['recovered', 'refused', 'recovered']]);
  });

  it('settles an alarm that was still to be raised: the process is not restarted again for it', async () => {
    const { bench, row } = await recovered();
    await bench.advance(3000);
    bench.store.setOutage(outage());
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(8000);
    expect(bench.memoryOf(1)?.owed).toMatchObject({ kind: 'raise' });
    const outcome = bench.monitor.restartNow(policyOf());
    await bench.advance(5000);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
    bench.store.setOutage(null);
    await bench.advance(20_000);
    expect([row.alarma, bench.units.restarted.length]).toEqual([0, 2]);
  });

  it('leaves an alarm that is raised while it runs to be handled on its own', async () => {
    const units = { 'app.service': { ...FAILED, restarts: [{ takesMs: 3000 }] } } as const;
    const bench = benchOf({ policies: { app: {} }, units });
    const row = bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    const outcome = bench.monitor.restartNow(policyOf());
    await bench.advance(1000);
    row.alarma = 1;
    await bench.advance(3100);
    expect(await outcome).toMatchObject({ kind: 'recovered' });
    await bench.advance(60_000);
    expect([row.alarma, bench.outcomes().length]).toEqual([0, 2]);
  });
});

describe('a breaker that a person holds open', () => {
  const subject = { processId: idOf(1), processName: 'app' };

  it('keeps back a restart that still waits for a slot', async () => {
    const units = { 'slow.service': { ...FAILED, restarts: [{ takesMs: 20_000 }] }, 'app.service': FAILED } as const;
    const bench = benchOf({ policies: { slow: {}, app: {} }, units, options: { maxParallelRestarts: 1 } });
    const row = bench.add(1, 'app', { alarma: 0 });
    bench.add(2, 'slow');
    await bench.start();
    row.alarma = 1;
    await bench.advance(2000);
    expect(bench.reasons('app')).toEqual(['waits_for_slot']);
    bench.monitor.ledger.setByPerson(subject, 'isolate');
    await bench.advance(60_000);
    expect(bench.units.restarted).toEqual(['slow.service']);
    expect(bench.outcomes('app')).toEqual(['isolated']);
  });

  it('keeps back the next attempt of a handling under way, and counts nothing', async () => {
    const units = { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }, {}] } } as const;
    const bench = benchOf({ policies: { app: { restartDelayMs: 10_000 } }, units });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    bench.monitor.ledger.setByPerson(subject, 'isolate');
    await bench.advance(60_000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['isolated']);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'isolated' });
  });
});

describe('a breaker that a person lets go', () => {
  it('does not end the watch over the process', async () => {
    const { bench, row } = await recovered();
    await bench.advance(3000);
    bench.monitor.ledger.setByPerson({ processId: idOf(1), processName: 'app' }, 'reset');
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(5000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    await bench.advance(5000);
    expect([row.alarma, bench.outcomes()]).toEqual([0, ['recovered', 'recovered']]);
  });
});
