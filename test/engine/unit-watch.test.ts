/** `watch_units`: a unit that fails without an alarm has it raised in the table, and the ordinary way does the rest. */
import { describe, expect, it } from 'vitest';
import { type MonitorBench } from '../support/monitor-bench.js';
import { idOf, type PolicyWish } from '../support/policy.js';
import { alarms, crash, GATHERED_MS, raised, RUNS, watching, WATCHED, type Wish } from '../support/unit-watch-bench.js';

describe('a unit that fails', () => {
  it('has its alarm raised in that moment, and is handled at once by the ordinary way', async () => {
    const bench = await watching();
    await crash(bench);
    expect(alarms(bench)).toEqual([1]);
    expect(bench.told('alarm.raised_by_watch')).toMatchObject([
      { processId: 1, processName: 'app', unit: 'app.service', detail: expect.stringContaining('status 9') as string },
    ]);
    await bench.advance(GATHERED_MS);
    expect(bench.told('alarm.found')).toHaveLength(1);
    await bench.advance(1000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(alarms(bench)).toEqual([0]);
    expect(raised(bench)).toBe(1);
  });

  it('again after its stable period has its alarm raised again', async () => {
    const bench = await watching();
    await crash(bench);
    await bench.advance(100_000);
    expect(bench.told('process.stable')).toHaveLength(1);
    await crash(bench);
    await bench.advance(2000);
    expect(raised(bench)).toBe(2);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
  });

  it('in its stable period is a relapse, which is handled at once too', async () => {
    const bench = await watching();
    await crash(bench);
    await bench.advance(10_000);
    await crash(bench);
    await bench.advance(2000);
    expect(bench.told('process.relapsed')).toHaveLength(1);
    expect(raised(bench)).toBe(1);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
    expect(bench.memoryOf(1)?.breaker).toEqual({ kind: 'closed', failures: 1 });
  });

  it('is not watched unless the settings say so', async () => {
    const bench = await watching({ policy: { watchesUnit: false } });
    await crash(bench);
    await bench.advance(60_000);
    expect(alarms(bench)).toEqual([0]);
    expect(bench.units.followed).toBe(0);
  });

  it.each<[string, PolicyWish]>([
    ['that is disabled', { enabled: false }],
    ['in dry run', { dryRun: true }],
    ['that only the default section covers', { origin: 'default_section' }],
    ['that is found by its path', { strategy: 'process', restartCommand: 'true', systemName: '/opt/app' }],
  ])('of a process %s is not listened to', async (_what, policy) => {
    const bench = await watching({ policy });
    expect(bench.units.followed).toBe(0);
  });

  it('is not listened to where the whole monitor is in dry run', async () => {
    const bench = await watching({ setup: { options: { isDryRun: true } } });
    expect(bench.units.followed).toBe(0);
    await crash(bench);
    expect(alarms(bench)).toEqual([0]);
  });

  it('that is protected is left alone', async () => {
    const bench = await watching({ policy: { systemName: 'dbus' }, setup: { units: { 'dbus.service': RUNS } } });
    await crash(bench, 'dbus.service');
    expect(alarms(bench)).toEqual([0]);
  });

  it('with the program of a process in it is that process', async () => {
    const bench = await watching({
      policy: { strategy: 'process', startCommand: '/opt/app/run' },
      setup: { units: { 'pm-app.service': RUNS } },
    });
    await crash(bench, 'pm-app.service');
    await bench.advance(2000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(bench.units.carriedOut).toEqual(['pm-app.service']);
  });

  it('that several rows lead to has the alarm of each raised, and is restarted once', async () => {
    const bench = await watching({
      setup: {
        policies: { app: WATCHED, alias: WATCHED, other: { ...WATCHED, systemName: 'app' } },
        units: { 'app.service': { ...RUNS, aliases: ['alias.service'] } },
      },
    });
    bench.add(2, 'alias', { alarma: 0 });
    bench.add(3, 'other', { alarma: 0 });
    bench.add(4, 'app', { alarma: 0 });
    await crash(bench);
    expect(alarms(bench)).toEqual([1, 1, 1, 1]);
    await bench.advance(2000);
    expect(bench.units.carriedOut).toEqual(['app.service']);
    expect(alarms(bench)).toEqual([0, 0, 0, 0]);
  });
});

describe('what is no failure', () => {
  it.each<[string, (bench: MonitorBench) => void]>([
    ['an operator’s stop', ({ units }) => units.operatorStops('app.service', 500)],
    ['the end of a program that has done its work', ({ units }) => units.happens('app.service', { kind: 'dead' })],
    ['a start', ({ units }) => units.happens('app.service', { kind: 'runs' })],
    ['news without a change', ({ units }) => units.reconnect()],
    [
      'a crash that systemd makes good by itself',
      ({ units }) => units.happens('app.service', { kind: 'crash_loops', upMs: 10, downMs: 500, rounds: 2 }),
    ],
  ])('%s raises nothing', async (_what, happens) => {
    const bench = await watching();
    happens(bench);
    await bench.advance(60_000);
    expect(alarms(bench)).toEqual([0]);
    expect(bench.units.restarted).toEqual([]);
  });

  it.each([
    ['was told apart by the order of things', { wasAskedToEnd: true } as const],
    ['was seen while it was being stopped', {}],
  ])('the bad end of a program that an operator stops, which %s, raises nothing', async (_how, more) => {
    const bench = await watching({ unit: { ...RUNS, stopped: { kind: 'failed', status: 143, ...more } } });
    bench.units.operatorStops('app.service', 500);
    await bench.advance(10_000);
    expect((await bench.stateOf('app.service')).activeState).toBe('failed');
    expect(alarms(bench)).toEqual([0]);
    bench.units.happens('app.service', { kind: 'runs' });
    await crash(bench);
    expect(alarms(bench)).toEqual([1]);
  });

  it('the restarts of a handling are none, nor is what it does not mend', async () => {
    const unit = { ...RUNS, restarts: [{ life: { kind: 'exits', afterMs: 100, status: 1 } }] } as const;
    const bench = await watching({ unit, policy: { maxAttempts: 1 } });
    await crash(bench);
    await bench.advance(60_000);
    expect(bench.outcomes()).toEqual(['still_unhealthy']);
    expect(alarms(bench)).toEqual([1]);
    expect(raised(bench)).toBe(1);
    expect(bench.told('alarm.not_raised')).toEqual([]);
  });
});

describe('a row', () => {
  it.each<[string, Wish, string]>([
    ['that is acknowledged', { status: { sound: 1 } }, 'acknowledged'],
    ['that the monitor may not write', { setup: { store: { writes: 'off' } } }, 'write_back_off'],
  ])('%s stays as it is, and that is told once', async (_what, wish, reason) => {
    const bench = await watching(wish);
    await crash(bench);
    for (let times = 0; times < 3; times += 1) {
      bench.units.reconnect();
      await bench.advance(1000);
    }
    expect(alarms(bench)).toEqual([0]);
    expect(bench.told('alarm.not_raised')).toMatchObject([{ processName: 'app', unit: 'app.service', reason }]);
    bench.units.happens('app.service', { kind: 'runs' });
    await crash(bench);
    expect(bench.told('alarm.not_raised')).toHaveLength(2);
  });

  it('that does not exist is told once', async () => {
    const bench = await watching();
    Object.assign(bench.store.processes[0] ?? {}, { name: 'App' });
    await crash(bench);
    bench.units.reconnect();
    await bench.advance(60_000);
    expect(alarms(bench)).toEqual([0]);
    expect(bench.told('alarm.not_raised')).toMatchObject([{ reason: 'no_row' }]);
  });

  it('whose breaker a person holds is left to that person', async () => {
    const bench = await watching();
    bench.monitor.ledger.setByPerson({ processId: idOf(1), processName: 'app' }, 'isolate');
    await crash(bench);
    expect(alarms(bench)).toEqual([0]);
    expect(bench.told('alarm.not_raised')).toMatchObject([{ reason: 'isolated' }]);
  });

  it('that is in alarm already says nothing more', async () => {
    const bench = await watching();
    Object.assign(bench.store.statuses[0] ?? {}, { alarma: 1 });
    await crash(bench);
    expect([raised(bench), bench.told('alarm.not_raised').length]).toEqual([0, 0]);
  });

  it('of an open breaker is raised, and triage says why it is left alone', async () => {
    const breaker = { maxFailures: 1, resetAfterMs: 1e9, resetMultiplier: 2, maxOpenMs: 1e9 };
    const unit = { ...RUNS, restarts: [{ life: { kind: 'failed' } }] } as const;
    const bench = await watching({ unit, policy: { breaker, maxAttempts: 1 } });
    await crash(bench);
    await bench.advance(5000);
    expect(bench.memoryOf(1)?.breaker.kind).toBe('open');
    Object.assign(bench.store.statuses[0] ?? {}, { alarma: 0 });
    bench.units.happens('app.service', { kind: 'runs' });
    await crash(bench);
    await bench.advance(5000);
    expect(alarms(bench)).toEqual([1]);
    expect(bench.reasons('app')).toContain('breaker_open');
    expect(bench.units.carriedOut).toHaveLength(1);
  });
});
