/** A restart command that fails while its process runs on: a check that passes is no proof of a restart. */
import { afterEach, expect, it } from 'vitest';
import { MonitorBench } from '../support/monitor-bench.js';

let bench: MonitorBench;

afterEach(() => bench.close());

it('a restart command that exits with an error has failed where the unit runs on as it did before', async () => {
  bench = new MonitorBench({
    policies: { app: { strategy: 'custom', restartCommand: '/opt/ctl restart', maxAttempts: 1 } },
    units: { 'app.service': { initially: { kind: 'runs' } } },
  });
  bench.runner.on('/opt/ctl', { exitCode: 1 });
  const row = bench.add(1, 'app');
  await bench.start();
  await bench.advance(3000);
  expect(bench.told('restart.ended')[0]?.outcome).toMatchObject({
    kind: 'command_failed',
    detail: 'restart_command exited 1 after 0 ms; nothing was restarted',
  });
  expect(row.alarma).toBe(1);
});
