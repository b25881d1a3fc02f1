/** A monitor whose settings change while it runs. */
import { afterEach, describe, expect, it } from 'vitest';
import type { MonitorOptions } from '../../src/engine/monitor.js';
import { MonitorBench } from '../support/monitor-bench.js';
import { policyOf } from '../support/policy.js';

let bench: MonitorBench;

afterEach(() => bench.close());

const OPTIONS: MonitorOptions = {
  checkIntervalMs: 5000,
  startupGraceMs: 0,
  maxParallelRestarts: 4,
  listedNames: [],
  hostBudget: { restarts: 0, windowMs: 3_600_000 },
  brakeLimits: { percent: 0, min: 100 },
  hostId: null,
  policyFor: (processName) => policyOf({ processName, stableTimeMs: 600_000 }),
  isDryRun: false,
};

describe('new settings', () => {
  it('are in force before the next look, which comes at once', async () => {
    bench = new MonitorBench({ units: { 'app.service': {} } });
    bench.add(1, 'app');
    await bench.start();
    expect(bench.reasons('app')).toEqual(['unlisted']);
    let alongside = 0;
    await bench.monitor.reconfigure(OPTIONS, () => (alongside += 1));
    await bench.advance(3000);
    expect(alongside).toBe(1);
    expect(bench.outcomes('app')).toEqual(['recovered']);
  });

  it('leave what is remembered and what is watched as it was', async () => {
    bench = new MonitorBench({ policies: { app: { stableTimeMs: 600_000 } }, units: { 'app.service': {} } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(3000);
    const before = bench.memoryOf(1);
    expect(before?.watch).not.toBe(null);
    await bench.monitor.reconfigure(OPTIONS, () => undefined);
    await bench.advance(0);
    expect(bench.memoryOf(1)).toEqual(before);
  });

  it('never change which host it is, nor that it only looks', async () => {
    bench = new MonitorBench({ units: { 'app.service': {} }, options: { isDryRun: true } });
    bench.add(1, 'app');
    await bench.start();
    await bench.monitor.reconfigure(OPTIONS, () => undefined);
    await bench.advance(6000);
    expect(bench.reasons('app')).toContain('dry_run');
    expect(bench.outcomes()).toEqual([]);
  });

  it('that come while it stops are not put in force', async () => {
    bench = new MonitorBench({});
    await bench.start();
    let alongside = 0;
    const changed = bench.monitor.reconfigure(OPTIONS, () => (alongside += 1));
    bench.drain();
    await changed;
    await bench.stop();
    expect(alongside).toBe(0);
  });

  it('that come when it already stops hold up nobody', async () => {
    bench = new MonitorBench({});
    await bench.start();
    bench.drain();
    let alongside = 0;
    await bench.monitor.reconfigure(OPTIONS, () => (alongside += 1));
    await bench.stop();
    expect(alongside).toBe(0);
  });
});
