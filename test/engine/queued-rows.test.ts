/** Rows that were read while their handling still waited for a slot: by the time of triage they may be out of date. */
import { expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;

it('a row whose queued handling ends between the look and triage is not handled again, and stays watched', async () => {
  const bench = benchOf({
    policies: { first: { settleTimeMs: 1500 }, second: { settleTimeMs: 1500 } },
    units: { 'first.service': FAILED, 'second.service': FAILED },
    options: { maxParallelRestarts: 1 },
  });
  const rows = [bench.add(1, 'first'), bench.add(2, 'second')];
  await bench.start();
  const describe = bench.units.describe.bind(bench.units);
  bench.units.describe = async (names, options) => {
    // Triage asks for all units of its batch at once: systemd takes its time for that.
    if (names.length > 1) await bench.clock.sleep(5000, options.signal);
    return describe(names, options);
  };
  await bench.advance(10_000);
  expect(rows.map(({ alarma }) => alarma)).toEqual([0, 0]);
  expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
  expect(bench.units.restarted).toHaveLength(2);
  await bench.advance(600_000);
  expect(bench.told('process.stable')).toHaveLength(2);
});
