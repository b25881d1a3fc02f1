/** The stable period after a recovery: one more look, relapses, a person's doing, and the vote at its end. */
import { describe, expect, it } from 'vitest';
import { benchOf, outage, type BenchSetup, type MonitorBench } from '../support/monitor-bench.js';
import { idOf } from '../support/policy.js';
import type { MemoryStatus } from '../support/memory-alarm-store.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const CLOSED_AT = (failures: number): object => ({ kind: 'closed', failures });

async function recovered(setup: BenchSetup = {}): Promise<{ bench: MonitorBench; row: MemoryStatus }> {
  const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED }, ...setup });
  const row = bench.add(1, 'app');
  await bench.start();
  await bench.advance(1100);
  expect(row.alarma).toBe(0);
  return { bench, row };
}

describe('a relapse', () => {
  it('is noticed, counts as one failure and raises the alarm again, which is then handled', async () => {
    const { bench, row } = await recovered();
    await bench.advance(10_000);
    bench.units.happens('app.service', { kind: 'failed', status: 9 });
    await bench.advance(200);
    expect(bench.told('process.relapsed')).toMatchObject([
      { alarmId: '000000010000', detail: expect.stringContaining('status 9') as string },
    ]);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(row.alarma).toBe(1);
    await bench.advance(2500);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
    expect(bench.memoryOf(1)?.breaker).toEqual(CLOSED_AT(1));
    await bench.advance(61_000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker ?? CLOSED_AT(0)).toEqual(CLOSED_AT(0));
  });

  it('within a fifth of a second is seen by the look right after the reset', async () => {
    const { bench, row } = await recovered();
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(200);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(row.alarma).toBe(1);
  });

  it('by an alarm that returns counts once, before the next handling', async () => {
    const { bench, row } = await recovered();
    await bench.advance(5000);
    row.alarma = 1;
    await bench.advance(1000);
    expect(bench.told('process.relapsed')).toMatchObject([{ detail: 'its alarm returned inside its stable period' }]);
    await bench.advance(2000);
    expect(bench.memoryOf(1)?.breaker).toEqual(CLOSED_AT(1));
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
  });

  it('three times in a row opens the breaker although each restart had looked good', async () => {
    const { bench, row } = await recovered();
    for (let times = 0; times < 3; times += 1) {
      await bench.advance(5000);
      bench.units.happens('app.service', { kind: 'failed' });
      await bench.advance(8000);
    }
    expect(bench.memoryOf(1)?.breaker.kind).toBe('open');
    expect(bench.outcomes()).toEqual(['recovered', 'recovered', 'recovered']);
    expect(row.alarma).toBe(1);
  });

  it('of a half-open breaker’s trial opens it for longer', async () => {
    const breaker = { maxFailures: 1, resetAfterMs: 10_000, resetMultiplier: 2, maxOpenMs: 1e9 };
    const units = { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }, {}] } } as const;
    const bench = benchOf({ policies: { app: { maxAttempts: 1, breaker } }, units });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(14_000);
    expect(bench.outcomes()).toEqual(['still_unhealthy', 'recovered']);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'half_open', openings: 1 });
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(5000);
    expect(bench.memoryOf(1)?.breaker).toMatchObject({ kind: 'open', openings: 2 });
  });

  it('is raised later where the database is away, and not forgotten', async () => {
    const { bench, row } = await recovered();
    await bench.advance(3000);
    bench.store.setOutage(outage());
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(8000);
    expect(row.alarma).toBe(0);
    expect(bench.memoryOf(1)?.owed).toMatchObject({ kind: 'raise' });
    bench.store.setOutage(null);
    await bench.advance(12_000);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
    expect(bench.memoryOf(1)?.owed).toBeNull();
  });

  it('that is seen while another write-back hangs counts once, although its alarm returns meanwhile', async () => {
    const policies = { app: {}, web: {} };
    const bench = benchOf({ policies, units: { 'app.service': FAILED, 'web.service': FAILED } });
    const row = bench.add(1, 'app');
    bench.add(2, 'web');
    const clear = bench.store.writer.clear.bind(bench.store.writer);
    let isHanging = false;
    bench.store.writer.clear = async (processId, stamp, signal) => {
      if (processId !== idOf(2)) return clear(processId, stamp, signal);
      if (isHanging) await bench.clock.sleep(9500, signal);
      throw outage('busy');
    };
    await bench.start();
    await bench.advance(1100);
    isHanging = true;
    await bench.advance(1000);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(5000);
    row.alarma = 1;
    await bench.advance(20_000);
    expect(bench.told('process.relapsed', 'app')).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker).toEqual(CLOSED_AT(1));
    expect(bench.outcomes('app')).toEqual(['recovered', 'recovered']);
  });

  it('while the clearing is still owed never lets that clearing hide it', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    const row = bench.add(1, 'app');
    await bench.start();
    bench.store.setOutage(outage());
    await bench.advance(2000);
    expect(bench.memoryOf(1)?.owed).toMatchObject({ kind: 'clear' });
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(8000);
    bench.store.setOutage(null);
    const restarts = bench.units.restarted.length;
    await bench.advance(8000);
    expect(bench.units.restarted.length).toBe(restarts + 1);
    expect(bench.outcomes().at(-1)).toBe('recovered');
    expect(row.alarma).toBe(0);
  });
});

describe('an alarm that has returned', () => {
  it('is not made good by the end of the watch that it broke', async () => {
    const budget = { restarts: 1, windowMs: 3600_000 };
    const { bench, row } = await recovered({ policies: { app: { budget, stableTimeMs: 20_000 } } });
    await bench.advance(5000);
    row.alarma = 1;
    await bench.advance(60_000);
    expect(bench.reasons('app').at(-1)).toBe('budget_used_up');
    expect(bench.told('process.stable')).toEqual([]);
    expect(bench.memoryOf(1)?.breaker).toEqual(CLOSED_AT(1));
  });

  it('has counted already when its process then dies while it is held back', async () => {
    const budget = { restarts: 1, windowMs: 3600_000 };
    const { bench, row } = await recovered({ policies: { app: { budget } } });
    await bench.advance(5000);
    row.alarma = 1;
    await bench.advance(3000);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(60_000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker).toEqual(CLOSED_AT(1));
  });

  it('after the stable period is none of its relapses, even where nobody could look at its end', async () => {
    const { bench, row } = await recovered();
    bench.units.isAvailable = false;
    await bench.advance(65_000);
    row.alarma = 1;
    await bench.advance(3000);
    expect(bench.told('process.relapsed')).toEqual([]);
  });

  it('after the stable period is a new one and no relapse', async () => {
    const { bench, row } = await recovered();
    await bench.advance(62_000);
    row.alarma = 1;
    await bench.advance(3000);
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(bench.memoryOf(1)?.breaker ?? CLOSED_AT(0)).toEqual(CLOSED_AT(0));
  });
});

describe('two names of one unit', () => {
  it('are watched on together where the alarm of only one returns', async () => {
    const policies = { app: {}, alias: { systemName: 'app' } };
    const bench = benchOf({ policies, units: { 'app.service': FAILED } });
    bench.add(1, 'app');
    const alias = bench.add(2, 'alias');
    await bench.start();
    await bench.advance(5000);
    alias.alarma = 1;
    await bench.advance(70_000);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
    expect([bench.memoryOf(1)?.watch ?? null, bench.memoryOf(2)?.watch ?? null]).toEqual([null, null]);
    expect(bench.memoryOf(2)?.breaker).toEqual(CLOSED_AT(0));
  });
});

describe('a person at work', () => {
  it('who restarts the process by hand causes no relapse, and the watch goes on', async () => {
    const { bench, row } = await recovered();
    await bench.advance(5000);
    bench.units.happens('app.service', { kind: 'runs' });
    await bench.advance(60_000);
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(bench.told('process.stable')).toHaveLength(1);
    expect(row.alarma).toBe(0);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(10_000);
    expect(bench.told('process.relapsed')).toEqual([]);
  });

  it('who stops it in good order ends the watch: it is not brought back', async () => {
    const { bench, row } = await recovered();
    await bench.advance(5000);
    bench.units.operatorStops('app.service', 500);
    await bench.advance(120_000);
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(bench.told('process.stable')).toEqual([]);
    expect(bench.memoryOf(1)?.watch ?? null).toBeNull();
    expect([row.alarma, bench.units.restarted.length]).toEqual([0, 1]);
  });
});

describe('a watch', () => {
  it('asks the configured checks again too', async () => {
    const healthChecks = [{ kind: 'tcp', host: 'localhost', port: 80 }] as const;
    const bench = benchOf({
      policies: { app: { healthChecks, healthCheckTimeoutMs: 3000 } },
      units: { 'app.service': FAILED },
    });
    const row = bench.add(1, 'app');
    bench.prober.on('localhost:80');
    await bench.start();
    await bench.advance(3000);
    expect(row.alarma).toBe(0);
    bench.prober.on('localhost:80', { failure: 'connection refused' });
    await bench.advance(10_000);
    expect(bench.told('process.relapsed')).toMatchObject([{ detail: 'localhost:80: connection refused' }]);
  });

  it('is not held up by the slow check of another', async () => {
    const healthChecks = [{ kind: 'tcp', host: 'localhost', port: 80 }] as const;
    const policies = { app: { healthChecks, healthCheckTimeoutMs: 60_000 }, web: {} };
    const bench = benchOf({ policies, units: { 'app.service': FAILED, 'web.service': FAILED } });
    bench.add(1, 'app');
    bench.add(2, 'web');
    bench.prober.on('localhost:80');
    await bench.start();
    await bench.advance(3000);
    bench.prober.on('localhost:80', { failure: 'connection refused' });
    await bench.advance(6000);
    bench.units.happens('web.service', { kind: 'failed' });
    await bench.advance(5000);
    expect(bench.told('process.relapsed', 'web')).toHaveLength(1);
  });

  it('is not disturbed by a systemd that does not answer', async () => {
    const { bench } = await recovered();
    bench.units.isAvailable = false;
    await bench.advance(30_000);
    bench.units.isAvailable = true;
    await bench.advance(40_000);
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(bench.told('process.stable')).toHaveLength(1);
  });

  it('is at least one look where no stable period is set', async () => {
    const { bench } = await recovered({ policies: { app: { stableTimeMs: 0 } } });
    await bench.advance(300);
    expect(bench.told('process.stable')).toHaveLength(1);
  });

  it('of many processes is one question to systemd', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `unit${index}`);
    const policies = Object.fromEntries(names.map((name) => [name, {}]));
    const units = Object.fromEntries(names.map((name) => [`${name}.service`, FAILED]));
    const bench = benchOf({ policies, units, options: { maxParallelRestarts: 20 } });
    names.forEach((name, index) => bench.add(index + 1, name));
    await bench.start();
    await bench.advance(1150);
    const asked = bench.units.calls.length;
    await bench.advance(100);
    expect(bench.units.calls.length - asked).toBe(1);
    expect(bench.units.calls.at(-1)?.names).toHaveLength(20);
  });
});
