/** An id that is given to another process, or a process renamed, under our hands: its alarm is the new name's, not ours. */
import { describe, expect, it } from 'vitest';
import { benchOf, outage, type BenchSetup, type MonitorBench } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const SLOW = { ...FAILED, restarts: [{ takesMs: 3000 }] };
const setup = (unit: object = FAILED, app: object = {}): BenchSetup => ({
  policies: { app, other: {} },
  units: { 'app.service': unit, 'other.service': FAILED },
});

/** The row with this id is another process's from now on. */
function give(bench: MonitorBench, id: number, name: string | null): void {
  for (const known of bench.store.processes) if (known.id === id) known.name = name;
}

describe('a row that is given to another name', () => {
  it('right before the restart: nothing is run under the old name, and the new one is handled', async () => {
    const bench = benchOf(setup());
    const row = bench.add(1, 'app');
    bench.store.onCall = (call) => {
      if (call === 'claim') give(bench, 1, 'other');
    };
    await bench.start();
    await bench.advance(5000);
    expect(bench.outcomes('app')).toEqual(['no_longer_ours']);
    expect(bench.units.restarted).toEqual(['other.service']);
    expect([bench.outcomes('other'), row.alarma]).toEqual([['recovered'], 0]);
  });

  it('while the unit restarts: the alarm is not cleared for the old name, but handled for the new one', async () => {
    const bench = benchOf(setup(SLOW));
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(1000);
    give(bench, 1, 'other');
    await bench.advance(3100);
    expect(bench.told('write_back.done', 'app')).toMatchObject([{ rows: 0 }]);
    expect(row.alarma).toBe(1);
    await bench.advance(5000);
    expect(bench.units.restarted).toEqual(['app.service', 'other.service']);
    expect(bench.told('write_back.done', 'other')).toMatchObject([{ rows: 1 }]);
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
  });

  it('or to none: an orphan is left as it is', async () => {
    const bench = benchOf(setup(SLOW));
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(1000);
    give(bench, 1, null);
    await bench.advance(5000);
    expect([row.alarma, row.notes]).toEqual([1, expect.stringMatching(/^\[pm:\w{8}\]$/) as string]);
  });

  it('is dropped alone: the other rows of the unit are cleared', async () => {
    const bench = benchOf({
      policies: { app: {}, web: { systemName: 'app' }, other: {} },
      units: { 'app.service': SLOW, 'other.service': FAILED },
    });
    const rows = [bench.add(1, 'app'), bench.add(2, 'web')];
    await bench.start();
    await bench.advance(1000);
    give(bench, 1, 'other');
    await bench.advance(8000);
    expect(bench.units.restarted).toEqual(['app.service', 'other.service']);
    expect(rows.map(({ alarma }) => alarma)).toEqual([0, 0]);
    expect(bench.told('write_back.done').map(({ processName, rows: count }) => [processName, count])).toEqual([
      ['app', 0],
      ['web', 1],
      ['other', 1],
    ]);
  });

  it('while its clearing is owed: the debt is forgotten, and the new name is handled', async () => {
    const bench = benchOf(setup());
    const row = bench.add(1, 'app');
    bench.store.failNext(outage('busy'), 'clear');
    bench.store.onCall = (call) => {
      if (call === 'clear' && bench.told('write_back.owed').length === 0) give(bench, 1, 'other');
    };
    await bench.start();
    await bench.advance(1200);
    expect(bench.told('write_back.owed', 'app')).toHaveLength(1);
    await bench.advance(8000);
    expect(bench.told('write_back.done', 'app')).toMatchObject([{ rows: 0, wasOwed: true }]);
    expect(bench.units.restarted).toEqual(['app.service', 'other.service']);
    expect([row.alarma, bench.memoryOf(1)?.owed]).toEqual([0, null]);
  });

  it('while it is watched: no alarm is raised for a process that has not failed', async () => {
    const bench = benchOf(setup());
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    give(bench, 1, 'other');
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(20_000);
    expect(row.alarma).toBe(0);
    expect(bench.store.calls).not.toContain('raise');
    expect(bench.memoryOf(1)?.owed ?? null).toBeNull();
  });

  it('while its raising is owed: nothing is raised for the new name', async () => {
    const bench = benchOf(setup());
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    bench.store.failNext(outage('busy'), 'raise');
    bench.store.onCall = (call) => {
      if (call === 'raise') give(bench, 1, 'other');
    };
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(20_000);
    expect(bench.store.calls.filter((call) => call === 'raise')).toHaveLength(1);
    expect([row.alarma, bench.memoryOf(1)?.owed ?? null]).toEqual([0, null]);
  });

  it('where the monitor may not write: what was handled under the old name does not hide the new alarm', async () => {
    const bench = benchOf({ ...setup(), store: { writes: 'off' } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    give(bench, 1, 'other');
    await bench.advance(5000);
    expect(bench.units.restarted).toEqual(['app.service', 'other.service']);
  });
});

it('a database that cannot say what the row is called now is owed the write-back', async () => {
  const bench = benchOf(setup());
  const row = bench.add(1, 'app');
  bench.store.failNext(outage('busy'), 'clear');
  await bench.start();
  await bench.advance(1200);
  expect(bench.told('write_back.owed')).toHaveLength(1);
  await bench.advance(5000);
  expect([row.alarma, bench.units.restarted.length]).toEqual([0, 1]);
});
