/** A database that does not answer, and time that jumps: nothing is acted on in doubt, and it is said once. */
import { describe, expect, it } from 'vitest';
import { benchOf, outage, type MonitorBench } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const setup = { policies: { app: {} }, units: { 'app.service': FAILED } };

describe('a database that is down at start', () => {
  it('is one word, no restart and no failure; when it is back, one look comes before acting', async () => {
    const bench = benchOf(setup);
    const row = bench.add(1, 'app');
    bench.store.setOutage(outage());
    await bench.start();
    await bench.advance(60_000);
    expect(bench.told('monitor.blinded')).toMatchObject([{ code: 'unreachable' }]);
    expect(bench.told('monitor.sighted')).toEqual([]);
    expect(bench.told('cycle.completed')).toEqual([]);
    bench.store.setOutage(null);
    await untilSighted(bench);
    expect(bench.units.restarted).toEqual([]);
    expect(bench.reasons('app')).toEqual(['just_sighted']);
    await bench.advance(3000);
    expect(bench.told('monitor.sighted')).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(row.alarma).toBe(0);
  });

  it('is asked again at a jittered pace, at most every five seconds', async () => {
    const bench = benchOf(setup);
    bench.store.setOutage(outage());
    await bench.start();
    await bench.advance(300_000);
    const asked = bench.store.calls.filter((call) => call === 'alarmed').length;
    // Three quarters of the pause on average: random fractions are 0.5 here.
    expect(asked).toBeGreaterThan(60);
    expect(asked).toBeLessThan(100);
  });
});

async function untilSighted(bench: MonitorBench): Promise<void> {
  for (let step = 0; step < 200 && bench.told('monitor.sighted').length === 0; step += 1) await bench.advance(50);
}

describe('a database that goes away in the middle', () => {
  it('lets a handling that has begun come to its end, and the breaker counts nothing for it', async () => {
    const bench = benchOf(setup);
    bench.add(1, 'app');
    await bench.start();
    bench.store.setOutage(outage());
    await bench.advance(10_000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.told('monitor.blinded')).toHaveLength(1);
    bench.store.setOutage(null);
    await bench.advance(70_000);
    expect(bench.store.statuses[0]?.alarma).toBe(0);
    expect(bench.units.restarted).toHaveLength(1);
  });

  it('right before acting keeps the restart back', async () => {
    const bench = benchOf(setup);
    bench.add(1, 'app');
    bench.store.onCall = (call) => {
      if (call === 'claim') bench.store.setOutage(outage());
    };
    await bench.start();
    await bench.advance(3000);
    expect(bench.outcomes()).toEqual(['blind']);
    expect(bench.units.restarted).toEqual([]);
    bench.store.onCall = () => undefined;
    bench.store.setOutage(null);
    await bench.advance(12_000);
    expect(bench.outcomes()).toEqual(['blind', 'recovered']);
  });

  it('for hours is told again once an hour, and at once for another cause', async () => {
    const bench = benchOf({ ...setup, options: { checkIntervalMs: 30_000 } });
    await bench.start();
    bench.store.setOutage(outage());
    await bench.advance(2.5 * 3600_000);
    expect(bench.told('monitor.still_blind')).toHaveLength(2);
    bench.store.setOutage(outage('rights'));
    await bench.advance(60_000);
    expect(bench.told('monitor.still_blind').map(({ code }) => code)).toEqual(['unreachable', 'unreachable', 'rights']);
    bench.store.setOutage(outage());
    await bench.advance(120_000);
    expect(bench.told('monitor.still_blind')).toHaveLength(3);
    expect(bench.told('monitor.blinded')).toHaveLength(1);
  });
});

it('a bug in a cycle ends the loop loudly instead of being taken for blindness', async () => {
  const bench = benchOf(setup);
  bench.store.onCall = () => {
    throw new TypeError('a bug');
  };
  await bench.start();
  await bench.advance(1000);
  expect(bench.bugs).toMatchObject([{ message: 'a bug' }]);
  expect(bench.told('monitor.blinded')).toEqual([]);
  bench.bugs.length = 0;
  bench.kill();
});

describe('odd time', () => {
  it.each([
    ['ahead', 3600_000],
    ['back', -3600_000],
  ])('a clock set %s makes one cycle look only', async (_where, jumpMs) => {
    const bench = benchOf(setup);
    await bench.start();
    await bench.advance(500);
    bench.add(1, 'app');
    bench.clock.setWallClock(bench.clock.nowMs() + jumpMs);
    await bench.advance(600);
    expect(bench.told('monitor.warned')).toMatchObject([{ code: 'odd_time' }]);
    expect(bench.reasons('app')).toEqual(['odd_time']);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(3000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.told('monitor.warned')).toHaveLength(1);
  });
});

it('a machine that has only just booted gets its grace', async () => {
  const bench = benchOf({ ...setup, options: { startupGraceMs: 3600_000 + 30_000 } });
  bench.add(1, 'app');
  await bench.start();
  expect(bench.told('alarm.skipped')).toMatchObject([{ reason: { code: 'startup_grace', retryInMs: 30_000 } }]);
  await bench.advance(29_000);
  expect(bench.units.restarted).toEqual([]);
  await bench.advance(5000);
  expect(bench.outcomes()).toEqual(['recovered']);
});

it('cycles follow each other evenly and never overlap, however slow the database', async () => {
  const bench = benchOf({ ...setup, options: { checkIntervalMs: 1000 } });
  const { source } = bench.store;
  const alarmed = source.alarmed.bind(source);
  let during = 0;
  const startedMs: number[] = [];
  Object.assign(source, {
    alarmed: async (signal: AbortSignal) => {
      during += 1;
      expect(during).toBe(1);
      startedMs.push(bench.clock.monotonicMs());
      await bench.clock.sleep(startedMs.length === 3 ? 2500 : 400, signal);
      during -= 1;
      return alarmed(signal);
    },
  });
  await bench.start();
  await bench.advance(7000);
  const first = startedMs[0] ?? 0;
  expect(startedMs.map((ms) => ms - first)).toEqual([0, 1000, 2000, 4500, 5500, 6500]);
});
