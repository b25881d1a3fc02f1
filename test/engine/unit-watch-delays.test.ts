/** `watch_units` where something stands in the way, or a hundred units fail at once. */
import { describe, expect, it } from 'vitest';
import { BENCH_OPTIONS, benchOf, outage, type MonitorBench } from '../support/monitor-bench.js';
import { policyOf } from '../support/policy.js';
import {
  alarms,
  crash,
  LOOKS_ONCE,
  questions,
  raised,
  RUNS,
  slowly,
  watching,
  WATCHED,
} from '../support/unit-watch-bench.js';

describe('what stands in the way', () => {
  it('a database that is away: it is raised when that is back, if the unit is still failed then', async () => {
    const bench = await watching({
      setup: {
        policies: { app: WATCHED, web: WATCHED },
        units: { 'app.service': RUNS, 'web.service': RUNS },
        options: { checkIntervalMs: 1000 },
      },
    });
    bench.add(2, 'web', { alarma: 0 });
    bench.store.setOutage(outage());
    await crash(bench);
    await crash(bench, 'web.service');
    await bench.advance(20_000);
    bench.units.happens('web.service', { kind: 'runs' });
    bench.store.setOutage(null);
    await bench.advance(10_000);
    expect(bench.told('alarm.raised_by_watch')).toMatchObject([{ processName: 'app' }]);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('a database that is only just back: one whole look comes before anything is restarted', async () => {
    const bench = await watching({ setup: { options: { checkIntervalMs: 30_000 } } });
    bench.store.setOutage(outage());
    await bench.advance(31_000);
    await crash(bench);
    bench.store.setOutage(null);
    for (let seconds = 0; bench.told('monitor.sighted').length === 0 && seconds < 60; seconds += 1)
      await bench.advance(1000);
    await bench.advance(5000);
    expect(alarms(bench)).toEqual([1]);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(30_000);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('a slow database: what has come back by the time of its answer is not raised', async () => {
    const bench = await watching();
    const rowsNamed = bench.store.source.rowsNamed.bind(bench.store.source);
    bench.store.source.rowsNamed = async (names, signal) => {
      await bench.clock.sleep(3000, signal);
      return rowsNamed(names, signal);
    };
    await crash(bench);
    bench.units.tells = false;
    bench.units.happens('app.service', { kind: 'runs' });
    await bench.advance(60_000);
    expect(alarms(bench)).toEqual([0]);
  });

  it('the time right after the boot: it is looked at when that is over', async () => {
    const bench = await watching({ setup: { options: { startupGraceMs: 3_610_000, checkIntervalMs: 1000 } } });
    await crash(bench);
    await bench.advance(7900);
    expect(alarms(bench)).toEqual([0]);
    await bench.advance(4000);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('a systemd that is silent: it is looked at when it speaks again', async () => {
    const bench = await watching({ setup: { options: { checkIntervalMs: 1000 } } });
    bench.units.isSilent = true;
    await crash(bench);
    await bench.advance(30_000);
    expect(alarms(bench)).toEqual([0]);
    bench.units.isSilent = false;
    await bench.advance(0);
    expect(alarms(bench)).toEqual([1]);
  });

  it('a start of the monitor: what has failed before is found at once, in one question', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `app${index}`);
    const bench = benchOf({
      policies: Object.fromEntries(names.map((name) => [name, WATCHED])),
      units: Object.fromEntries(names.map((name) => [`${name}.service`, { initially: { kind: 'failed' } }])),
      options: LOOKS_ONCE,
    });
    names.forEach((name, index) => bench.add(index, name, { alarma: 0 }));
    await bench.start();
    expect(raised(bench)).toBe(20);
    expect(bench.units.calls.filter(({ kind }) => kind === 'describe')).toHaveLength(1);
  });

  it('a gap in the listening: what has failed in it is found when the bus is back', async () => {
    const bench = await watching();
    bench.units.tells = false;
    await bench.advance(1000);
    await crash(bench);
    expect(alarms(bench)).toEqual([0]);
    bench.units.tells = true;
    bench.units.reconnect();
    await bench.advance(0);
    expect(alarms(bench)).toEqual([1]);
  });
});

describe('an answer that takes longer than what was seen may be relied on', () => {
  const SLOW = { beforeMs: 1100 };
  const slowSystemd = (bench: MonitorBench): void => {
    bench.units.describe = slowly(bench, bench.units.describe.bind(bench.units), SLOW);
  };
  const slowDatabase = (bench: MonitorBench): void => {
    const { source } = bench.store;
    source.rowsNamed = slowly(bench, source.rowsNamed.bind(source), SLOW);
  };

  it.each<[string, (bench: MonitorBench) => void]>([
    ['of systemd', slowSystemd],
    ['of the database', slowDatabase],
    ['of both', (bench) => [slowSystemd, slowDatabase].forEach((slow) => slow(bench))],
  ])('%s keeps no alarm from being raised, and the rows are asked for once', async (_whose, slow) => {
    const bench = await watching();
    slow(bench);
    await crash(bench);
    await bench.advance(30_000);
    expect([raised(bench), questions(bench)[1]]).toEqual([1, 1]);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('of the database, while the unit was started and has failed anew: only that failure is raised', async () => {
    const bench = await watching();
    slowDatabase(bench);
    await crash(bench);
    bench.units.happens('app.service', { kind: 'runs' });
    await bench.advance(500);
    await crash(bench);
    await bench.advance(700);
    expect([raised(bench), alarms(bench)]).toEqual([0, [0]]);
    await bench.advance(30_000);
    expect([raised(bench), bench.outcomes()]).toEqual([1, ['recovered']]);
  });

  it('of each write: what is left is looked at again, each time after a pause', async () => {
    const names = ['app', 'web', 'log'];
    const bench = benchOf({
      policies: Object.fromEntries(names.map((name) => [name, WATCHED])),
      units: Object.fromEntries(names.map((name) => [`${name}.service`, { initially: { kind: 'failed' } }])),
      // Nothing is restarted: that would be news of its own.
      options: { ...LOOKS_ONCE, brakeLimits: { percent: 1, min: 1 } },
    });
    names.forEach((name, index) => bench.add(index + 1, name, { alarma: 0 }));
    const { writer } = bench.store;
    const raise = slowly(bench, writer.raise.bind(writer), SLOW);
    const endedMs: number[] = [];
    writer.raise = (...given) => raise(...given).finally(() => endedMs.push(bench.clock.monotonicMs()));
    const askedMs: number[] = [];
    bench.store.onCall = (call) => {
      if (call === 'rowsNamed') askedMs.push(bench.clock.monotonicMs());
    };
    await bench.start();
    await bench.advance(30_000);
    expect(alarms(bench)).toEqual([1, 1, 1]);
    const pauses = askedMs.slice(1).map((atMs, index) => atMs - (endedMs[index] ?? 0));
    expect(pauses).toEqual([500, 500]);
  });
});

describe('a hundred units that fail at once', () => {
  it('are one mass alarm: the loop looks once, and the brake holds them for a whole interval', async () => {
    const names = [...Array.from({ length: 100 }, (_, index) => `app${index}`), 'late'];
    const bench = benchOf({
      policies: Object.fromEntries(names.map((name) => [name, WATCHED])),
      units: Object.fromEntries(names.map((name) => [`${name}.service`, RUNS])),
      options: { checkIntervalMs: 30_000, brakeLimits: { percent: 50, min: 5 } },
    });
    names.forEach((name, index) => bench.add(index, name, { alarma: 0 }));
    await bench.start();
    await bench.advance(10_000);
    for (const name of names.filter((each) => each !== 'late')) {
      bench.units.happens(`${name}.service`, { kind: 'failed' });
      await bench.advance(1);
    }
    await bench.advance(9000);
    // One more must not pass for the second look that the others wait for.
    bench.units.happens('late.service', { kind: 'failed' });
    await bench.advance(20_000);
    expect(raised(bench)).toBe(101);
    expect(bench.told('brake.applied')).toMatchObject([{ alarmed: 100 }]);
    expect(bench.told('cycle.completed')).toHaveLength(2);
    expect(bench.units.carriedOut).toEqual([]);
    await bench.advance(30_000);
    expect(bench.told('brake.released')).toMatchObject([{ confirmed: true }]);
    expect(bench.units.carriedOut).toHaveLength(101);
  });
});

describe('new settings', () => {
  it('change who is listened to, and what has failed is found', async () => {
    const bench = await watching({
      setup: {
        policies: { app: WATCHED, web: {} },
        units: { 'app.service': RUNS, 'web.service': { initially: { kind: 'failed' } } },
      },
    });
    bench.add(2, 'web', { alarma: 0 });
    expect(bench.units.followed).toBe(1);
    const policies = [policyOf({ processName: 'app' }), policyOf({ processName: 'web', ...WATCHED })];
    await bench.monitor.reconfigure(
      {
        ...BENCH_OPTIONS,
        ...LOOKS_ONCE,
        listedNames: ['app', 'web'],
        policyFor: (name) => policies.find(({ processName }) => processName === name) ?? null,
      },
      () => undefined,
    );
    await bench.advance(20);
    expect(bench.units.followed).toBe(1);
    expect(alarms(bench)).toEqual([0, 1]);
    await crash(bench);
    expect(alarms(bench)).toEqual([0, 1]);
  });
});
