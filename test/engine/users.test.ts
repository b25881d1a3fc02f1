/** Programs that run as a user of their own, on a host whose users cannot always be looked up. */
import { expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';

const ID = 'id -u -- app';
const KNOWN = { output: '1000\n' };
const SILENT = { afterMs: Infinity };

function userBench(): MonitorBench {
  const policy = { strategy: 'process', startCommand: '/opt/app', user: 'app', maxAttempts: 1 } as const;
  return benchOf({ policies: { app: policy } });
}

it('nothing is started where nobody can say whether the program runs', async () => {
  const bench = userBench();
  bench.runner.on(ID, SILENT);
  bench.table.add({ argv: ['/opt/app'], uid: 1000 });
  bench.add(1, 'app');
  await bench.start();
  await bench.advance(30_000);
  expect(bench.starter.calls).toEqual([]);
  expect(bench.told('restart.ended')).toMatchObject([
    { outcome: { kind: 'refused', detail: expect.stringContaining('user app') as string } },
  ]);
});

it('a watched program is not taken for dead while its user cannot be looked up', async () => {
  const bench = userBench();
  bench.runner.on(ID, KNOWN);
  bench.starter.on('app', { program: { uid: 1000 } });
  const row = bench.add(1, 'app');
  await bench.start();
  await bench.advance(3000);
  expect([row.alarma, bench.outcomes()]).toEqual([0, ['recovered']]);
  bench.runner.on(ID, SILENT);
  await bench.advance(30_000);
  bench.runner.on(ID, KNOWN);
  await bench.advance(60_000);
  expect(bench.told('process.relapsed')).toEqual([]);
  expect(bench.told('process.stable')).toHaveLength(1);
});

it('for a user of the host itself no program is started to look him up', async () => {
  const bench = userBench();
  bench.table.accounts.set('app', 1000);
  bench.starter.on('app', { program: { uid: 1000 } });
  const row = bench.add(1, 'app');
  await bench.start();
  await bench.advance(90_000);
  expect([row.alarma, bench.told('process.stable').length]).toEqual([0, 1]);
  expect(bench.runner.lines).toEqual([]);
});
