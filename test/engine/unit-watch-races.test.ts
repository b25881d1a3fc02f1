/** `watch_units` while somebody else begins a handling of the same unit, or its rows become known one by one: it is restarted once. */
import { describe, expect, it } from 'vitest';
import type { RestartOutcome } from '../../src/domain/outcome.js';
import type { MonitorOptions } from '../../src/engine/monitor.js';
import { benchOf, outage, type MonitorBench } from '../support/monitor-bench.js';
import { policyOf } from '../support/policy.js';
import { alarms, crash, LOOKS_ONCE, raised, RUNS, slowly, watching, WATCHED } from '../support/unit-watch-bench.js';

const AT_ONCE = { settleTimeMs: 0 };

async function restartedByPerson(bench: MonitorBench, after: number): Promise<RestartOutcome | 'busy'> {
  await crash(bench);
  await bench.advance(after);
  const outcome = bench.monitor.restartNow(policyOf({ processName: 'app', ...WATCHED, ...AT_ONCE }));
  await bench.advance(60_000);
  return outcome;
}

describe('a person who has a failed unit restarted', () => {
  it.each([
    ['and is still at it', { takesMs: 10_000 }],
    ['and is done by then', {}],
  ])('while the rows are being read, %s, has it restarted once', async (_how, restart) => {
    const bench = await watching({ policy: AT_ONCE, unit: { ...RUNS, restarts: [restart] } });
    const { source } = bench.store;
    source.rowsNamed = slowly(bench, source.rowsNamed.bind(source), { afterMs: 500 });
    expect(await restartedByPerson(bench, 100)).toMatchObject({ kind: 'recovered' });
    expect(bench.units.carriedOut).toEqual(['app.service']);
    expect([raised(bench), alarms(bench)]).toEqual([0, [0]]);
  });

  it.each([
    ['while an alarm is being raised', { beforeMs: 500, afterMs: 100 }, {}],
    ['and whose rows are read while an alarm is raised', { beforeMs: 480 }, { afterMs: 400 }],
  ])('%s has it restarted once, and the alarm cleared', async (_when, raising, reading) => {
    const bench = await watching({ policy: AT_ONCE });
    const { source, writer } = bench.store;
    writer.raise = slowly(bench, writer.raise.bind(writer), raising);
    const alarmed = source.alarmed.bind(source);
    source.alarmed = (signal) => {
      // The person's first reading alone.
      source.alarmed = alarmed;
      return slowly(bench, alarmed, reading)(signal);
    };
    expect(await restartedByPerson(bench, 100)).toMatchObject({ kind: 'recovered' });
    expect(bench.units.carriedOut).toEqual(['app.service']);
    expect([raised(bench), alarms(bench)]).toEqual([1, [0]]);
  });

  it('in vain has its alarm raised after that', async () => {
    const restarts = [{ takesMs: 1000, life: { kind: 'failed' } }, {}] as const;
    const bench = await watching({
      policy: { ...AT_ONCE, maxAttempts: 1 },
      unit: { ...RUNS, restarts },
      setup: { options: { checkIntervalMs: 1000 } },
    });
    const { source } = bench.store;
    source.rowsNamed = slowly(bench, source.rowsNamed.bind(source), { afterMs: 500 });
    await crash(bench);
    await bench.advance(100);
    const policy = policyOf({ processName: 'app', ...WATCHED, ...AT_ONCE, maxAttempts: 1 });
    const outcome = bench.monitor.restartNow(policy);
    await bench.advance(60_000);
    expect(await outcome).not.toMatchObject({ kind: 'recovered' });
    expect(raised(bench)).toBe(1);
    expect(bench.outcomes().at(-1)).toBe('recovered');
    expect(bench.units.carriedOut).toHaveLength(2);
  });
});

describe('a unit with several rows is restarted once', () => {
  /** Looks come 4 s after the start, and then each 5 s. */
  async function twins(options: Partial<MonitorOptions> = { checkIntervalMs: 5000 }): Promise<MonitorBench> {
    const policy = { ...WATCHED, ...AT_ONCE };
    const bench = await watching({
      setup: {
        policies: { app: policy, web: policy, alias: policy },
        units: { 'app.service': { ...RUNS, aliases: ['alias.service'] }, 'web.service': RUNS },
        options,
      },
    });
    bench.add(2, 'web', { alarma: 0 });
    bench.add(3, 'alias', { alarma: 0 });
    return bench;
  }

  async function isRestartedOnce(bench: MonitorBench): Promise<void> {
    await bench.advance(60_000);
    expect(bench.units.carriedOut.filter((unit) => unit === 'app.service')).toHaveLength(1);
    expect(alarms(bench)).toEqual([0, 0, 0]);
    expect((await bench.stateOf('app.service')).activeState).toBe('active');
  }

  it('where the loop looks after the first of them is raised and before the second', async () => {
    const bench = await twins();
    const { writer } = bench.store;
    writer.raise = slowly(bench, writer.raise.bind(writer), { beforeMs: 200 });
    await bench.advance(3700);
    await crash(bench);
    await isRestartedOnce(bench);
    expect(raised(bench)).toBe(2);
    // What somebody raises for one of them later is an order of its own.
    Object.assign(bench.store.statuses[0] ?? {}, { alarma: 1 });
    await bench.advance(6000);
    expect(bench.units.carriedOut).toEqual(['app.service', 'app.service']);
  });

  it('where the loop has read the table between the two, and decides when both are raised', async () => {
    const bench = await twins();
    const { source, writer } = bench.store;
    writer.raise = slowly(bench, writer.raise.bind(writer), { beforeMs: 200 });
    source.alarmed = slowly(bench, source.alarmed.bind(source), { afterMs: 500 });
    await bench.advance(3700);
    await crash(bench);
    await isRestartedOnce(bench);
    expect(raised(bench)).toBe(2);
  });

  it('where it is handled, and well, before the second one has its turn', async () => {
    const policy = { ...WATCHED, ...AT_ONCE };
    const failed = { initially: { kind: 'failed' } } as const;
    const bench = benchOf({
      policies: { app: policy, web: policy, alias: policy },
      units: { 'app.service': { ...failed, aliases: ['alias.service'] }, 'web.service': failed },
      options: { checkIntervalMs: 300 },
    });
    ['app', 'web', 'alias'].forEach((name, index) => bench.add(index + 1, name, { alarma: 0 }));
    const { writer } = bench.store;
    writer.raise = slowly(bench, writer.raise.bind(writer), { afterMs: 200 });
    await bench.start();
    await isRestartedOnce(bench);
    expect(bench.told('alarm.raised_by_watch', 'alias')).toEqual([]);
  });

  it('in a moment, not at the next look, where the second write takes long and comes to nothing', async () => {
    const bench = await twins(LOOKS_ONCE);
    const { writer } = bench.store;
    const raise = writer.raise.bind(writer);
    writer.raise = (...given) => {
      writer.raise = async (...others) => {
        await bench.clock.sleep(3000, others[1]);
        return { kind: 'not_ours' };
      };
      return raise(...given);
    };
    await crash(bench);
    await bench.advance(2900);
    expect(bench.units.carriedOut).toEqual([]);
    await bench.advance(1000);
    expect(bench.units.carriedOut).toEqual(['app.service']);
  });

  it('where the second write fails: the first one is not kept waiting', async () => {
    const bench = await twins();
    const { writer } = bench.store;
    const raise = slowly(bench, writer.raise.bind(writer), { beforeMs: 200 });
    let writes = 0;
    writer.raise = (...given) => {
      writes += 1;
      if (writes === 2) bench.store.failNext(outage(), 'raise');
      return raise(...given);
    };
    await bench.advance(3700);
    await crash(bench);
    await bench.advance(2000);
    expect(bench.told('restart.started')).toHaveLength(1);
    await isRestartedOnce(bench);
  });
});
