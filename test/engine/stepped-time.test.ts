/** The clock is set or the machine sleeps while work is under way: every wait keeps its length, and nothing is done twice. */
import { describe, expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

const OPEN_MS = 600_000;
const brokenSetup = {
  policies: {
    app: {
      strategy: 'custom',
      restartCommand: 'false',
      maxAttempts: 1,
      breaker: { maxFailures: 1, resetAfterMs: OPEN_MS, resetMultiplier: 1, maxOpenMs: OPEN_MS },
    },
  },
} as const;

/** One whose breaker has just opened, and how many restarts there were by then. */
async function openedBench(): Promise<{ readonly bench: MonitorBench; readonly restarts: number }> {
  const bench = benchOf(brokenSetup);
  bench.runner.on('false', { exitCode: 1 });
  bench.add(1, 'app');
  await bench.start();
  await bench.advance(10_000);
  expect(bench.memoryOf(1)?.breaker.kind).toBe('open');
  return { bench, restarts: bench.runner.calls.length };
}

/** Both directions; a machine that slept finds its wall clock ahead too, for monotonic time stands still meanwhile. */
const STEPS = [
  ['set ahead by a day, as after a sleep', DAY_MS],
  ['set back by a day', -DAY_MS],
] as const;

const step = (bench: MonitorBench, ms: number): void => bench.clock.setWallClock(bench.clock.nowMs() + ms);

describe.each(STEPS)('a clock that is %s', (_sentence, jumpMs) => {
  it('in the middle of a handling changes nothing about it: one restart, one end', async () => {
    const bench = benchOf({ policies: { app: { settleTimeMs: 5000 } }, units: { 'app.service': FAILED } });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    expect(bench.units.restarted).toHaveLength(1);
    step(bench, jumpMs);
    await bench.advance(2000);
    expect(bench.outcomes()).toEqual([]);
    await bench.advance(5000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.units.restarted).toHaveLength(1);
    expect(row.alarma).toBe(0);
  });

  it('in the middle of a stable period neither ends nor lengthens it', async () => {
    const bench = benchOf({ policies: { app: { stableTimeMs: 30_000 } }, units: { 'app.service': FAILED } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(5000);
    expect(bench.outcomes()).toEqual(['recovered']);
    step(bench, jumpMs);
    await bench.advance(20_000);
    expect(bench.told('process.stable')).toEqual([]);
    await bench.advance(15_000);
    expect(bench.told('process.stable')).toHaveLength(1);
  });

  it('under an open breaker neither closes it early nor keeps it open', async () => {
    const { bench, restarts } = await openedBench();
    step(bench, jumpMs);
    await bench.advance(OPEN_MS - 30_000);
    expect(bench.runner.calls).toHaveLength(restarts);
    await bench.advance(60_000);
    expect(bench.runner.calls.length).toBeGreaterThan(restarts);
  });

  it('holds an alarm that is raised meanwhile for one cycle, and then handles it', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': FAILED } });
    await bench.start();
    await bench.advance(500);
    const row = bench.add(1, 'app');
    step(bench, jumpMs);
    await bench.advance(600);
    expect(bench.reasons('app')).toEqual(['odd_time']);
    await bench.advance(5000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(row.alarma).toBe(0);
  });
});

describe.each(STEPS)('in a pause, a clock that is %s', (_sentence, jumpMs) => {
  it.each<[string, (bench: MonitorBench) => unknown]>([
    ['units that fail', (bench) => bench.units.happens('app.service', { kind: 'failed' })],
    ['new settings', (bench) => bench.reload()],
  ])('is noticed by the look that %s bring about', async (_cut, cut) => {
    const bench = await pausing();
    await bench.advance(10_000);
    step(bench, jumpMs);
    bench.add(2, 'web');
    await cut(bench);
    await bench.advance(1000);
    expect(bench.told('monitor.warned')).toMatchObject([{ code: 'odd_time' }]);
    expect(bench.reasons('web')).toEqual(['odd_time']);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(40_000);
    expect(bench.outcomes('web')).toEqual(['recovered']);
    expect(bench.told('monitor.warned')).toHaveLength(1);
  });
});

it('pauses that are cut short again and again are not taken for a jump of the clock', async () => {
  const bench = await pausing();
  const looks = bench.told('cycle.completed').length;
  for (const pauseMs of [0, 1, 20, 400, 3000, 29_000, 29_999, 0, 7]) {
    await bench.advance(pauseMs);
    await bench.reload();
    await bench.advance(0);
  }
  await bench.advance(30_000);
  expect(bench.told('cycle.completed')).toHaveLength(looks + 10);
  expect(bench.told('monitor.warned')).toEqual([]);
});

/** In a pause of 30 s, with one process whose unit is watched, and another one whose unit has failed unseen. */
async function pausing(): Promise<MonitorBench> {
  const bench = benchOf({
    policies: { app: { watchesUnit: true }, web: {} },
    units: { 'app.service': { initially: { kind: 'runs' } }, 'web.service': FAILED },
    options: { checkIntervalMs: 30_000 },
  });
  bench.add(1, 'app', { alarma: 0 });
  await bench.start();
  return bench;
}

describe('between two lives of the monitor', () => {
  it.each(STEPS)(
    'a clock that is %s keeps a breaker open no longer than it would have been',
    async (_sentence, jumpMs) => {
      const { bench, restarts } = await openedBench();
      bench.kill();
      step(bench, jumpMs);
      await bench.start();
      await bench.advance(5000);
      // Its time is over where the clock is ahead; it begins again with the trial that fails.
      expect(bench.runner.calls.length).toBe(restarts + (jumpMs < 0 ? 0 : 1));
      await bench.advance(OPEN_MS + 5000);
      expect(bench.runner.calls.length).toBe(restarts + (jumpMs < 0 ? 1 : 2));
    },
  );

  it.each(STEPS)(
    'a clock that is %s settles what was cut off by looking, without a second restart',
    async (_sentence, jumpMs) => {
      const bench = benchOf({ policies: { app: { settleTimeMs: 5000 } }, units: { 'app.service': FAILED } });
      const row = bench.add(1, 'app');
      await bench.start();
      await bench.advance(2000);
      expect(bench.units.restarted).toHaveLength(1);
      bench.kill();
      step(bench, jumpMs);
      await bench.start();
      await bench.advance(20_000);
      expect(bench.units.restarted).toHaveLength(1);
      expect(bench.outcomes()).toEqual(['recovered']);
      expect(row.alarma).toBe(0);
    },
  );
});
