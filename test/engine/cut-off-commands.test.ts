/** Commands that outlive a killed monitor: the next one ends them before it does anything else about their process. */
import { expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

it.each([
  ['pre_restart_command', { preRestartCommand: 'long work' }],
  ['restart_command', { strategy: 'custom', restartCommand: 'long work' }],
] as const)('a %s that a kill has cut off is ended by the next run of the monitor', async (_, policy) => {
  const bench = benchOf({ policies: { app: policy }, units: { 'app.service': { initially: { kind: 'failed' } } } });
  bench.runner.on('long work', { afterMs: 30_000 });
  bench.add(1, 'app');
  await bench.start();
  await bench.advance(5000);
  const [command] = bench.runner.calls;
  const { alarmId } = bench.told('restart.started')[0] ?? {};
  expect(command?.command.scope).toBe(alarmId);
  expect(bench.runner.endedScopes).toEqual([]);
  await bench.restartAfterKill(5000);
  expect(bench.runner.endedScopes).toEqual([alarmId]);
});
