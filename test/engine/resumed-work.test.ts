/** What a killed monitor had begun and what it had proved: gone on with, and not done again. */
import { describe, expect, it } from 'vitest';
import { benchOf, type MonitorBench } from '../support/monitor-bench.js';
import { policyOf } from '../support/policy.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const unitBench = (policy = {}, unit = {}): MonitorBench =>
  benchOf({ policies: { app: policy }, units: { 'app.service': { ...FAILED, ...unit } } });

describe('killed after it had told a program to end', () => {
  const stopped = async (policy: object, afterMs: number): Promise<MonitorBench> => {
    const bench = benchOf({ policies: { app: { strategy: 'auto', ...policy } } });
    bench.table.add({ argv: ['node'], pid: bench.table.ownPid, unit: 'process-monitor.service' });
    bench.table.add({ argv: ['app'], diesOfTermAfterMs: 500 });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(afterMs);
    return bench;
  };

  it('it is started again, though nothing but its name tells how', async () => {
    const bench = await stopped({}, 200);
    await bench.restartAfterKill(2000);
    await bench.advance(5000);
    expect(bench.starter.calls).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('it is started again, though a person has acknowledged its alarm since', async () => {
    const bench = await stopped({}, 200);
    for (const row of bench.store.statuses) row.sound = 1;
    await bench.restartAfterKill(100);
    await bench.advance(5000);
    expect(bench.starter.calls).toHaveLength(1);
    expect(bench.store.statuses).toMatchObject([{ alarma: 1, sound: 1 }]);
  });

  it('a start that has left nothing is made again within seconds, and counts as no failure', async () => {
    const bench = await stopped({}, 200);
    bench.starter.start = (): Promise<never> => new Promise(() => bench.kill());
    await bench.advance(2000);
    Reflect.deleteProperty(bench.starter, 'start');
    await bench.start();
    await bench.advance(8000);
    expect(bench.starter.calls).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
  });
});

describe('killed once something is proved', () => {
  it('a command that has ended well is not run again', async () => {
    const policy = {
      strategy: 'custom',
      restartCommand: '/opt/restart',
      systemName: 'nounit',
      settleTimeMs: 5000,
    } as const;
    const bench = benchOf({ policies: { app: policy } });
    bench.runner.on('/opt/restart', { afterMs: 500 });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    await bench.restartAfterKill(1000);
    await bench.advance(10_000);
    expect([bench.runner.calls.length, row.alarma, bench.outcomes()]).toEqual([1, 0, ['recovered']]);
  });

  it('a oneshot that systemd has forgotten is not run again', async () => {
    const bench = unitBench(
      { settleTimeMs: 5000 },
      { properties: { type: 'oneshot' }, restarts: [{ life: { kind: 'dead' } }] },
    );
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    await bench.restartAfterKill(1000);
    await bench.advance(10_000);
    expect([bench.units.carriedOut.length, row.alarma, bench.outcomes()]).toEqual([1, 0, ['recovered']]);
  });

  it('and then dead while nobody looks: its alarm, cleared in the last moment, is raised again', async () => {
    const bench = unitBench({}, { restarts: [{ life: { kind: 'exits', afterMs: 3000, status: 1 } }, {}] });
    const row = bench.add(1, 'app');
    const save = bench.stateStore.save.bind(bench.stateStore);
    bench.stateStore.save = (state) => {
      if (row.alarma === 0 && bench.told('handling.resumed').length === 0) bench.kill();
      return row.alarma === 0 && bench.told('handling.resumed').length === 0
        ? new Promise(() => undefined)
        : save(state);
    };
    await bench.start();
    await bench.advance(20_000);
    await bench.start();
    await bench.advance(20_000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect([bench.units.carriedOut.length, row.alarma]).toEqual([2, 0]);
  });

  it('a unit whose failed state was only forgotten is restarted at once, and counts as no failure', async () => {
    const bench = unitBench({}, { initially: { kind: 'failed', result: 'start-limit-hit' } });
    bench.add(1, 'app');
    bench.units.restart = (): Promise<never> => new Promise(() => bench.kill());
    await bench.start().catch(() => undefined);
    await bench.advance(500);
    Reflect.deleteProperty(bench.units, 'restart');
    await bench.start();
    await bench.advance(5000);
    expect(bench.units.carriedOut).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 0 });
  });

  it('what a person has asked for counts no failure, also where its monitor was killed', async () => {
    const times = { settleTimeMs: 5000, commandTimeoutMs: 3000, stopTimeoutMs: 0, healthCheckTimeoutMs: 1000 };
    const wish = { ...times, maxAttempts: 1 };
    const bench = unitBench(wish, { restarts: [{ life: { kind: 'failed' } }, {}] });
    const row = bench.add(1, 'app', { alarma: 0 });
    await bench.start();
    row.alarma = 1;
    void bench.monitor.restartNow(policyOf(wish));
    await bench.advance(500);
    row.sound = 1;
    await bench.restartAfterKill(500);
    await bench.advance(30_000);
    expect(bench.outcomes()).toEqual(['still_unhealthy']);
    expect(bench.memoryOf(1)?.breaker ?? { failures: 0 }).toMatchObject({ failures: 0 });
  });
});
