/** Several names of the database that mean one unit. */
import { expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';
import { idOf, policyOf } from '../support/policy.js';

const OFF = { systemName: 'app', enabled: false };
const TOLD = { systemName: 'app', dryRun: true };
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

it('a restart by hand settles the alarms under every name of its unit, so that none leads to a second one', async () => {
  const policies = { app: {}, web: { systemName: 'app' }, alias: { systemName: 'other' }, off: OFF, told: TOLD };
  const bench = benchOf({ policies, units: { 'app.service': { ...FAILED, aliases: ['other.service'] } } });
  const rows = Object.keys(policies).map((name, index) => bench.add(index + 1, name, { alarma: 0 }));
  await bench.start();
  for (const id of [1, 2, 3, 4, 5]) {
    const subject = { processId: idOf(id), processName: Object.keys(policies)[id - 1] ?? '' };
    bench.monitor.ledger.setByPerson(subject, 'isolate');
  }
  for (const row of rows) row.alarma = 1;
  const outcome = bench.monitor.restartNow(policyOf());
  await bench.advance(5000);
  expect(await outcome).toMatchObject({ kind: 'recovered' });
  expect(rows.map(({ alarma }) => alarma)).toEqual([0, 0, 0, 1, 1]);
  expect(bench.units.restarted).toHaveLength(1);
  expect(bench.told('restart.ended')).toMatchObject([{ processId: 1, processName: 'app' }]);
});
