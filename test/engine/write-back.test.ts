/** What is owed to the database: remembered, paid once, and never at the price of a second restart. */
import { describe, expect, it } from 'vitest';
import { benchOf, outage, type BenchSetup, type MonitorBench } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const APP: BenchSetup = { policies: { app: {} }, units: { 'app.service': FAILED } };

/** A bench on which the restart went well and the write-back failed. */
async function owing(setup: BenchSetup = APP): Promise<MonitorBench> {
  const bench = benchOf(setup);
  bench.add(1, 'app');
  bench.store.failNext(outage('busy'), 'clear');
  bench.store.failNext(outage('busy'), 'clear');
  await bench.start();
  await bench.advance(1100);
  expect(bench.told('write_back.owed')).toMatchObject([{ detail: 'database: busy' }]);
  return bench;
}

describe('a write-back that failed after a good restart', () => {
  it('is owed, paid as soon as possible and once, and the process is not restarted again', async () => {
    const bench = await owing();
    expect(bench.outcomes()).toEqual(['recovered']);
    await bench.advance(30_000);
    expect(bench.told('write_back.done')).toMatchObject([{ rows: 1, wasOwed: true, noteStored: true }]);
    expect(bench.store.statuses[0]?.alarma).toBe(0);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.reasons('app')).toContain('owes_write_back');
  });

  it('keeps the stamp of the moment of the restart', async () => {
    const bench = await owing();
    const stamp = bench.memoryOf(1)?.owed?.stamp ?? '';
    bench.store.setOutage(outage());
    await bench.advance(600_000);
    bench.store.setOutage(null);
    await bench.advance(10_000);
    expect(bench.store.statuses[0]).toMatchObject({ alarma: 0, notes: stamp });
  });

  it('keeps the watch going until it is paid: what dies meanwhile is never cleared', async () => {
    const bench = await owing();
    bench.store.setOutage(outage());
    await bench.advance(600_000);
    expect(bench.told('process.stable')).toEqual([]);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(5000);
    bench.store.setOutage(null);
    await bench.advance(15_000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
    expect((await bench.stateOf('app.service')).activeState).toBe('active');
  });

  it('counts for the breaker as the good restart that it was', async () => {
    const bench = await owing();
    await bench.advance(70_000);
    expect(bench.memoryOf(1)?.breaker ?? { kind: 'closed', failures: 0 }).toEqual({ kind: 'closed', failures: 0 });
    expect(bench.told('process.stable')).toHaveLength(1);
  });

  it('outlives a kill of the monitor', async () => {
    const bench = await owing();
    bench.store.setOutage(outage());
    await bench.advance(2000);
    await bench.restartAfterKill(5000);
    await bench.advance(10_000);
    bench.store.setOutage(null);
    await bench.advance(10_000);
    expect(bench.store.statuses[0]?.alarma).toBe(0);
    expect(bench.units.restarted).toHaveLength(1);
  });

  it.each([
    ['cleared', { alarma: 0, notes: 'by Ana' }],
    ['acknowledged', { sound: 1, notes: 'by Ana' }],
  ])('is not written over a row that others have %s since', async (_what, change) => {
    const bench = await owing();
    Object.assign(bench.store.statuses[0] ?? {}, change);
    await bench.advance(10_000);
    expect(bench.store.statuses[0]).toMatchObject(change);
    expect(bench.told('write_back.done')).toMatchObject([{ rows: 0 }]);
    expect(bench.memoryOf(1)?.owed).toBeNull();
  });

  it('is paid in one round at a time, however slow the database', async () => {
    const bench = await owing();
    let during = 0;
    let most = 0;
    const { writer } = bench.store;
    const clear = writer.clear.bind(writer);
    Object.assign(writer, {
      clear: async (...args: Parameters<typeof clear>) => {
        most = Math.max(most, (during += 1));
        await bench.clock.sleep(5000, new AbortController().signal);
        during -= 1;
        return clear(...args);
      },
    });
    await bench.advance(30_000);
    expect(most).toBe(1);
    expect(bench.told('write_back.done').length).toBeLessThanOrEqual(1);
  });
});

describe('several debts', () => {
  async function manyOwing(): Promise<MonitorBench> {
    const names = ['a', 'b', 'c'];
    const bench = benchOf({
      policies: Object.fromEntries(names.map((name) => [name, {}])),
      units: Object.fromEntries(names.map((name) => [`${name}.service`, FAILED])),
    });
    names.forEach((name, index) => bench.add(index + 1, name));
    await bench.start();
    bench.store.setOutage(outage());
    await bench.advance(1500);
    expect(bench.told('write_back.owed')).toHaveLength(3);
    return bench;
  }

  it('wait for a database that does not answer at all with one question in each round', async () => {
    const bench = await manyOwing();
    const before = bench.store.calls.filter((call) => call === 'clear').length;
    await bench.advance(20_000);
    const cycles = bench.store.calls.filter((call) => call === 'alarmed').length;
    expect(bench.store.calls.filter((call) => call === 'clear').length - before).toBeLessThanOrEqual(cycles);
  });

  it('are all paid when it answers', async () => {
    const bench = await manyOwing();
    bench.store.setOutage(null);
    await bench.advance(10_000);
    expect(bench.store.statuses.map(({ alarma }) => alarma)).toEqual([0, 0, 0]);
    expect(bench.told('write_back.done')).toHaveLength(3);
  });

  it('are paid beside one whose row cannot be written', async () => {
    const bench = await manyOwing();
    bench.store.setOutage(null);
    bench.store.failNext(outage('busy'), 'clear');
    await bench.advance(1500);
    expect(bench.told('write_back.done').length).toBeGreaterThanOrEqual(2);
    await bench.advance(10_000);
    expect(bench.told('write_back.done')).toHaveLength(3);
  });
});

describe('where the monitor may not write', () => {
  const off: BenchSetup = { ...APP, store: { writes: 'off' } };

  it('a recovered process is left alone until the source has cleared its alarm, and is then handled anew', async () => {
    const bench = benchOf(off);
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(90_000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.told('write_back.off')).toHaveLength(1);
    expect(bench.reasons('app')).toContain('recently_recovered');
    row.alarma = 0;
    await bench.advance(2000);
    row.alarma = 1;
    await bench.advance(5000);
    expect(bench.units.restarted).toHaveLength(2);
  });

  it('that it was handled outlives a kill', async () => {
    const bench = benchOf(off);
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(90_000);
    await bench.restartAfterKill(1000);
    await bench.advance(10_000);
    expect(bench.units.restarted).toHaveLength(1);
  });

  it('a relapse is handled although the alarm has never been cleared', async () => {
    const bench = benchOf(off);
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(10_000);
    expect(bench.units.restarted).toHaveLength(2);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
  });
});
