/** Several names of the database that mean one unit. */
import { expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;

it('two names of one unit are each remembered by their own, also across a kill of the monitor', async () => {
  const policies = { app: {}, alias: { systemName: 'app' } };
  const bench = benchOf({ policies, units: { 'app.service': FAILED } });
  bench.add(1, 'app');
  bench.add(2, 'alias');
  await bench.start();
  const names = (): readonly unknown[] => [1, 2].map((id) => bench.memoryOf(id)?.processName);
  await bench.advance(500);
  expect(names()).toEqual(['app', 'alias']);
  await bench.restartAfterKill();
  await bench.advance(5000);
  expect(names()).toEqual(['app', 'alias']);
  expect(bench.outcomes()).toEqual(['recovered']);
  expect(bench.units.restarted).toHaveLength(1);
});
