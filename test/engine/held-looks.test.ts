/** A look that holds restarts holds them for the whole time to the next one: new settings are in force at once, and end no hold. */
import { describe, expect, it } from 'vitest';
import { BENCH_OPTIONS, benchOf, outage, type MonitorBench } from '../support/monitor-bench.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const INTERVAL_MS = 30_000;
const SETUP = {
  policies: Object.fromEntries(NAMES.map((name) => [name, {}])),
  units: Object.fromEntries(NAMES.map((name) => [`${name}.service`, { initially: { kind: 'failed' } } as const])),
  options: { checkIntervalMs: INTERVAL_MS, brakeLimits: { percent: 50, min: 5 } },
};

function fail(bench: MonitorBench, names: readonly string[]): void {
  names.forEach((name, index) => bench.add(index + 1, name));
}

async function massAlarm(): Promise<MonitorBench> {
  const bench = benchOf(SETUP);
  fail(bench, NAMES);
  await bench.start();
  return bench;
}

/** Each ends right after the look that holds `a`, for the reason of the same name. */
const HOLDS: Readonly<Record<string, () => Promise<MonitorBench>>> = {
  mass_alarm: massAlarm,
  just_sighted: async () => {
    const bench = benchOf(SETUP);
    fail(bench, ['a']);
    bench.store.setOutage(outage());
    await bench.start();
    bench.store.setOutage(null);
    while (bench.told('monitor.sighted').length === 0) await bench.advance(1);
    return bench;
  },
  odd_time: async () => {
    const bench = benchOf(SETUP);
    await bench.start();
    fail(bench, ['a']);
    bench.clock.setWallClock(bench.clock.nowMs() + 3600_000);
    await bench.advance(INTERVAL_MS);
    return bench;
  },
  startup_grace: async () => {
    const bench = benchOf({ ...SETUP, options: { ...SETUP.options, startupGraceMs: 3600_000 + 10_000 } });
    fail(bench, ['a']);
    await bench.start();
    return bench;
  },
};

describe.each(Object.entries(HOLDS))('a look that holds restarts by %s', (code, held) => {
  it('holds them until the next one is due, also where settings come in between, more than once', async () => {
    const bench = await held();
    expect(bench.reasons('a')).toEqual([code]);
    // No time may pass until they are in force.
    await bench.reload();
    await bench.advance(5000);
    await bench.reload();
    await bench.advance(INTERVAL_MS - 5001);
    expect(bench.reasons('a')).toEqual([code]);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(1);
    expect(bench.units.restarted).toContain('a.service');
  });
});

describe('new settings in the time of a hold', () => {
  it('are what the next look goes by', async () => {
    const bench = await massAlarm();
    bench.setPolicies({ a: {} });
    await bench.reload({ brakeLimits: { percent: 0, min: 5 } });
    await bench.advance(INTERVAL_MS);
    expect(bench.units.restarted).toEqual(['a.service']);
  });

  it.each([
    ['a shorter check_interval end it when that is over', 10_000],
    ['a longer check_interval prolong it', 60_000],
  ])('with %s', async (_sentence, checkIntervalMs) => {
    const bench = await massAlarm();
    const untilMs = bench.clock.monotonicMs() + checkIntervalMs;
    await bench.advance(4000);
    await bench.reload({ checkIntervalMs });
    // The watchdog hears of it: a pause that is overdue would be a loop that is stuck.
    expect(bench.monitor.phase).toEqual({ kind: 'pause', untilMs });
    await bench.advance(checkIntervalMs - 4001);
    expect(bench.units.restarted).toEqual([]);
    await bench.advance(1);
    expect(bench.units.restarted).toHaveLength(NAMES.length);
  });

  it('with a check_interval that it has lasted already end it at once', async () => {
    const bench = await massAlarm();
    await bench.advance(12_000);
    await bench.reload({ checkIntervalMs: 10_000 });
    await bench.advance(0);
    expect(bench.units.restarted).toHaveLength(NAMES.length);
  });

  it('are not put in force where they come with its end', async () => {
    const bench = await massAlarm();
    let inForce = 0;
    const options = { ...BENCH_OPTIONS, listedNames: [], policyFor: () => null };
    const changed = bench.monitor.reconfigure(options, () => (inForce += 1));
    bench.drain();
    await changed;
    await bench.stop();
    expect(inForce).toBe(0);
  });

  it('do not keep the monitor from stopping', async () => {
    const bench = await massAlarm();
    await bench.reload();
    const nowMs = bench.clock.monotonicMs();
    await bench.stop();
    expect(bench.clock.monotonicMs()).toBe(nowMs);
  });
});

it('new settings have a database that does not answer asked at once, and what it shows only looked at', async () => {
  const bench = benchOf(SETUP);
  fail(bench, ['a']);
  bench.store.setOutage(outage('rights'));
  await bench.start();
  await bench.advance(10 * INTERVAL_MS);
  bench.store.setOutage(null);
  await bench.reload();
  await bench.advance(0);
  expect(bench.told('monitor.sighted')).toHaveLength(1);
  expect(bench.reasons('a')).toEqual(['just_sighted']);
  expect(bench.units.restarted).toEqual([]);
});
