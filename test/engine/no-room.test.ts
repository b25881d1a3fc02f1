/** Limits that the monitor itself runs into: what could not even be asked for is held for a moment and never counted. */
import { describe, expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const NO_ROOM = { notStarted: 'no_room' } as const;

describe('without room for a further program', () => {
  it.each([
    ['pre_restart_command', { preRestartCommand: 'the command' }, { 'app.service': FAILED }],
    ['restart_command', { strategy: 'custom', restartCommand: 'the command' }, {}],
  ] as const)(
    'a %s that cannot be started holds the alarm and is tried again in ten seconds',
    async (_key, policy, units) => {
      const bench = benchOf({ policies: { app: policy }, units });
      bench.runner.on('the command', NO_ROOM, {});
      const row = bench.add(1, 'app');
      await bench.start();
      await bench.advance(5000);
      expect(bench.told('restart.ended')).toMatchObject([{ outcome: { kind: 'refused', isPassing: true } }]);
      expect(bench.told('breaker.changed')).toEqual([]);
      expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
      await bench.advance(10_000);
      expect(bench.outcomes()).toEqual(['refused', 'recovered']);
      expect(row.alarma).toBe(0);
    },
  );

  it('a health check that cannot be made leaves the process in doubt, not failed', async () => {
    const policy = {
      healthChecks: [{ kind: 'command', commandLine: 'the check' }],
      healthCheckTimeoutMs: 2000,
    } as const;
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': FAILED } });
    bench.runner.on('the check', NO_ROOM);
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(8000);
    expect(bench.outcomes()).toEqual(['refused']);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
    bench.runner.on('the check', {});
    await bench.advance(20_000);
    expect(bench.outcomes()).toEqual(['refused', 'recovered']);
  });

  it('a recovered process whose check cannot be made is watched on', async () => {
    const policy = { healthChecks: [{ kind: 'command', commandLine: 'the check' }], stableTimeMs: 20_000 } as const;
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': FAILED } });
    bench.runner.on('the check', {});
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(4000);
    expect(bench.outcomes()).toEqual(['recovered']);
    bench.runner.on('the check', NO_ROOM);
    await bench.advance(60_000);
    expect(bench.told('process.relapsed')).toEqual([]);
    expect(bench.told('process.stable')).toEqual([]);
    bench.runner.on('the check', {});
    await bench.advance(60_000);
    expect(bench.told('process.stable')).toHaveLength(1);
    expect(row.alarma).toBe(0);
  });
});
