/** A monitor that dies in the middle: the next one settles by looking, and never restarts twice what was restarted once. */
import { describe, expect, it } from 'vitest';
import { benchOf, outage, type MonitorBench } from '../support/monitor-bench.js';
import { viewOf } from '../support/state-view.js';

const FAILED = { initially: { kind: 'failed' } } as const;
const unitBench = (policy = {}, unit = {}): MonitorBench =>
  benchOf({ policies: { app: policy }, units: { 'app.service': { ...FAILED, ...unit } } });

describe('killed before anything was done', () => {
  it('the handling begins anew', async () => {
    const bench = unitBench({ preRestartCommand: 'sleep 9' });
    bench.runner.on('sleep 9', { afterMs: 9000 });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(4000);
    await bench.restartAfterKill();
    expect(bench.told('handling.resumed')).toMatchObject([{ finding: 'not_begun' }]);
    await bench.advance(15_000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(row.alarma).toBe(0);
  });

  it('right after its restart was put on record, the unit is restarted once', async () => {
    const bench = unitBench();
    const save = bench.stateStore.save.bind(bench.stateStore);
    bench.stateStore.save = async (view) => {
      const result = await save(view);
      const { state } = bench.stateStore;
      if (state?.processes['1']?.inFlight?.step === 'unit' && bench.told('handling.resumed').length === 0) bench.kill();
      return result;
    };
    bench.add(1, 'app');
    await bench.start().catch(() => undefined);
    await bench.advance(1000);
    expect(bench.units.restarted).toEqual([]);
    await bench.start();
    expect(bench.told('handling.resumed')).toMatchObject([{ finding: 'not_begun' }]);
    await bench.advance(5000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });
});

describe('killed after its restart', () => {
  it('is settled by looking: no second restart, alarm cleared, watched on', async () => {
    const bench = unitBench({ settleTimeMs: 5000 });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    expect(bench.units.restarted).toHaveLength(1);
    await bench.restartAfterKill(1000);
    expect(bench.told('handling.resumed')).toMatchObject([{ finding: 'looking', alarmId: '000000010000' }]);
    await bench.advance(6000);
    expect(bench.told('restart.ended')).toMatchObject([
      { alarmId: '000000010000', outcome: { kind: 'recovered', attempts: 1 } },
    ]);
    expect(row.alarma).toBe(0);
    await bench.advance(70_000);
    expect(bench.told('process.stable')).toHaveLength(1);
    expect(bench.units.restarted).toHaveLength(1);
  });

  it('and dead again: nothing is restarted before the handling’s own time is over, then it is one failure', async () => {
    const policy = {
      maxAttempts: 1,
      settleTimeMs: 5000,
      commandTimeoutMs: 20_000,
      stopTimeoutMs: 0,
      healthCheckTimeoutMs: 5000,
    };
    const bench = unitBench(policy, { restarts: [{ life: { kind: 'exits', afterMs: 2500, status: 3 } }, {}] });
    const row = bench.add(1, 'app');
    const startedMs = bench.clock.monotonicMs();
    await bench.start();
    await bench.advance(2000);
    await bench.restartAfterKill(1000);
    await bench.advance(26_000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.reasons('app')).toContain('in_progress');
    await bench.advance(10_000);
    expect(bench.outcomes()[0]).toBe('still_unhealthy');
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
    expect(bench.units.restarted).toHaveLength(2);
    const [, second] = bench.units.calls.filter(({ kind }) => kind === 'restart');
    expect((second?.atMs ?? 0) - startedMs).toBeGreaterThanOrEqual(30_000);
    await bench.advance(10_000);
    expect(row.alarma).toBe(0);
  });

  it('in the write-back: written by the next one', async () => {
    const bench = unitBench();
    const row = bench.add(1, 'app');
    bench.store.onCall = (call) => {
      if (call === 'clear' && bench.told('handling.resumed').length === 0) {
        bench.store.failNext(outage(), 'clear');
        bench.kill();
      }
    };
    await bench.start();
    await bench.advance(2000);
    await bench.start();
    await bench.advance(5000);
    expect(row.alarma).toBe(0);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('again and again: still one restart', async () => {
    const bench = unitBench({ settleTimeMs: 5000 });
    bench.add(1, 'app');
    await bench.start();
    for (let times = 0; times < 4; times += 1) {
      await bench.advance(2000);
      await bench.restartAfterKill(500);
    }
    await bench.advance(20_000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('and stopped while it is being looked at: the next one goes on looking', async () => {
    const bench = unitBench({ settleTimeMs: 5000 });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    await bench.restartAfterKill(1000);
    await bench.advance(1000);
    bench.drain();
    bench.abort();
    await bench.stop();
    expect(bench.outcomes()).toEqual([]);
    await bench.start();
    await bench.advance(6000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.units.restarted).toHaveLength(1);
  });

  it('hours ago: settled at once, by looking', async () => {
    const bench = unitBench({ settleTimeMs: 5000 });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    await bench.restartAfterKill(5 * 3600_000);
    await bench.advance(6000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect([row.alarma, bench.units.restarted.length]).toEqual([0, 1]);
  });
});

describe('killed in the middle of a command of its own', () => {
  const policy = {
    strategy: 'custom',
    restartCommand: '/opt/restart',
    systemName: 'nounit',
    maxAttempts: 1,
    commandTimeoutMs: 20_000,
    stopTimeoutMs: 0,
  } as const;

  it('that leaves no trace is not taken for done: one failure after its time, then handled anew', async () => {
    const bench = benchOf({ policies: { app: policy } });
    bench.runner.on('/opt/restart', { afterMs: 5000 });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    await bench.restartAfterKill(1000);
    await bench.advance(15_000);
    expect([bench.runner.calls.length, row.alarma]).toEqual([1, 1]);
    await bench.advance(30_000);
    expect(bench.outcomes()).toEqual(['still_unhealthy', 'recovered']);
    expect([bench.runner.calls.length, row.alarma]).toEqual([2, 0]);
  });
});

describe('killed between stop and start of a program', () => {
  it('it is started by the next one', async () => {
    const bench = benchOf({ policies: { app: { strategy: 'process', startCommand: '/opt/app' } } });
    bench.table.add({ argv: ['/opt/app'], diesOfTermAfterMs: 3000 });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    expect(bench.table.signals).toHaveLength(1);
    await bench.restartAfterKill(2000);
    await bench.advance(5000);
    expect(bench.starter.calls).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(row.alarma).toBe(0);
  });

  it('after the start it is found, and not started twice', async () => {
    const bench = benchOf({ policies: { app: { strategy: 'process', startCommand: '/opt/app', settleTimeMs: 4000 } } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    await bench.restartAfterKill(1000);
    await bench.advance(8000);
    expect(bench.starter.calls).toHaveLength(1);
    expect(bench.outcomes()).toEqual(['recovered']);
  });
});

describe('what else a dead monitor leaves behind', () => {
  it('a watch goes on, and a relapse in it is seen', async () => {
    const bench = unitBench();
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    await bench.restartAfterKill(1000);
    await bench.advance(1000);
    bench.units.happens('app.service', { kind: 'failed' });
    await bench.advance(6000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    await bench.advance(5000);
    expect(row.alarma).toBe(0);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
  });

  it('an open breaker stays open for the rest of its time', async () => {
    const breaker = { maxFailures: 1, resetAfterMs: 100_000, resetMultiplier: 2, maxOpenMs: 1e9 };
    const bench = unitBench({ maxAttempts: 1, breaker }, { restarts: [{ life: { kind: 'failed' } }] });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    await bench.restartAfterKill(40_000);
    await bench.advance(45_000);
    expect(bench.units.restarted).toHaveLength(1);
    await bench.advance(10_000);
    expect(bench.units.restarted).toHaveLength(2);
    expect(bench.told('restart.started').at(-1)?.isTrial).toBe(true);
  });

  it('a handling whose process the settings no longer know is given up', async () => {
    const bench = unitBench({ settleTimeMs: 5000 });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(2000);
    bench.setPolicies({});
    await bench.restartAfterKill(1000);
    expect(bench.reasons('app').at(-1)).toBe('unlisted');
    expect(bench.memoryOf(1)?.inFlight).toBeNull();
  });

  it('a memory that cannot be read is set aside with a loud word, and the monitor goes on', async () => {
    const bench = unitBench();
    bench.add(1, 'app');
    bench.stateStore.load = () => Promise.resolve({ kind: 'damaged', detail: 'no JSON', movedTo: '/x/state.damaged' });
    await bench.start();
    await bench.advance(2000);
    expect(bench.told('state.damaged')).toMatchObject([{ detail: 'no JSON' }]);
    expect(bench.outcomes()).toEqual(['recovered']);
  });

  it('a disk that is full is told once, and again when it works', async () => {
    const bench = unitBench();
    const row = bench.add(1, 'app');
    bench.stateStore.failure = 'no space left';
    await bench.start();
    await bench.advance(3000);
    expect(bench.told('state.unsaved')).toMatchObject([{ detail: 'no space left' }]);
    expect([row.alarma, bench.outcomes()]).toEqual([0, ['recovered']]);
    bench.stateStore.failure = null;
    await bench.advance(70_000);
    expect(bench.told('state.saved_again')).toHaveLength(1);
  });

  it('the memory of another host is left out', async () => {
    const policies = { app: {} };
    const one = benchOf({
      policies,
      options: { hostId: 1 },
      units: { 'app.service': { ...FAILED, restarts: [{ life: { kind: 'failed' } }] } },
    });
    one.add(1, 'app');
    await one.start();
    await one.advance(10_000);
    await one.stop();
    const stored = one.stateStore.state;
    expect(Object.keys(stored?.processes ?? {})).toEqual(['1:1']);
    const other = benchOf({ policies, options: { hostId: 2 } });
    if (stored !== null) await other.stateStore.save(viewOf(stored));
    await other.start();
    expect(other.memoryOf(1)).toBeNull();
  });
});
