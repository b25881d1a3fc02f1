/** Rows that were read while their handling still waited for a slot: by the time of triage they may be out of date. */
import { expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;

it('a row whose queued handling ends between the look and triage is not handled again, and stays watched', async () => {
  const bench = benchOf({
    policies: { first: { settleTimeMs: 1500 }, second: { settleTimeMs: 1500 }, shown: { dryRun: true } },
    units: { 'first.service': FAILED, 'second.service': FAILED, 'shown.service': FAILED },
    options: { maxParallelRestarts: 1 },
  });
  const rows = [bench.add(1, 'first'), bench.add(2, 'second')];
  bench.add(3, 'shown');
  await bench.start();
  const describe = bench.units.describe.bind(bench.units);
  bench.units.describe = async (names, options) => {
    // Triage asks for the units of its batch at once: systemd takes its time for that.
    if (names.includes('shown')) await bench.clock.sleep(5000, options.signal);
    return describe(names, options);
  };
  await bench.advance(10_000);
  expect(rows.map(({ alarma }) => alarma)).toEqual([0, 0]);
  expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
  expect(bench.units.restarted).toHaveLength(2);
  await bench.advance(600_000);
  expect(bench.told('process.stable')).toHaveLength(2);
});

it('in a storm systemd is asked for what waits and what runs once, not at each look', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `app-${index}`);
  const bench = benchOf({
    policies: Object.fromEntries(names.map((name) => [name, { settleTimeMs: 5000, stableTimeMs: 600_000 }])),
    units: Object.fromEntries(names.map((name) => [`${name}.service`, FAILED])),
    options: { maxParallelRestarts: 2 },
  });
  names.forEach((name, index) => bench.add(index + 1, name));
  await bench.start();
  const asked = (): number =>
    bench.units.calls.filter(({ kind, names: all }) => kind === 'describe' && all.length > 2).length;
  expect(asked()).toBe(1);
  await bench.advance(4500);
  expect(bench.told('cycle.completed').length).toBeGreaterThan(4);
  expect(asked()).toBe(1);
  expect(bench.reasons('app-0')).toEqual(['in_progress']);
  expect(bench.reasons('app-29')).toEqual(['waits_for_slot']);
});
