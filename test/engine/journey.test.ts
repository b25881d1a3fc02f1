/** The journey of an alarm from the row to the report, for one process and for many. */
import { describe, expect, it } from 'vitest';
import { benchOf } from '../support/monitor-bench.js';

const DEAD = { initially: { kind: 'failed' } } as const;

describe('a failed unit in alarm', () => {
  it('is restarted once, proved well, cleared with a stamp behind the operator’s note, and forgotten when stable', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': DEAD } });
    const row = bench.add(1, 'app', { notes: 'seen by Ana' });
    await bench.start();
    await bench.advance(1500);
    expect(bench.units.restarted).toEqual(['app.service']);
    expect((await bench.stateOf('app.service')).activeState).toBe('active');
    expect(row.alarma).toBe(0);
    expect(row.notes).toMatch(/^seen by Ana - Restarted at \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
    expect(bench.told('restart.ended')).toMatchObject([{ outcome: { kind: 'recovered', attempts: 1 } }]);
    expect(bench.told('process.stable')).toEqual([]);
    await bench.advance(60_000);
    expect(bench.told('process.stable')).toHaveLength(1);
    expect(bench.memoryOf(1)?.breaker ?? 'forgotten').toEqual({ kind: 'closed', failures: 0 });
    expect(bench.units.restarted).toHaveLength(1);
  });

  it('tells its story under one id, each thing once and in order', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': DEAD } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(70_000);
    const story = bench.events.events.filter(({ type }) => type !== 'cycle.completed');
    expect(story.map(({ type }) => type)).toEqual([
      'alarm.found',
      'restart.started',
      'restart.attempted',
      'command.ended',
      'alarm.skipped',
      'health.checked',
      'write_back.done',
      'restart.ended',
      'process.stable',
    ]);
    const ids = story.flatMap((event) => ('alarmId' in event ? [event.alarmId] : []));
    expect(new Set(ids)).toEqual(new Set(['000000010000']));
  });

  it('tells a row that is none of its business once, by the reason alone', async () => {
    const bench = benchOf({ policies: {}, units: {} });
    bench.add(1, 'stranger');
    await bench.start();
    await bench.advance(70_000);
    const story = bench.events.events.filter(({ type }) => type !== 'cycle.completed');
    expect(story.map(({ type }) => type)).toEqual(['alarm.skipped']);
  });

  it('does not call an alarm gone without our doing that we have cleared', async () => {
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': DEAD } });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(70_000);
    expect(bench.told('alarm.gone')).toEqual([]);
    row.alarma = 1;
    await bench.advance(70_000);
    expect(bench.told('alarm.gone')).toEqual([]);
    expect(bench.outcomes()).toEqual(['recovered', 'recovered']);
  });

  it('is said to be gone when somebody else clears it after we have failed', async () => {
    const units = { 'app.service': { ...DEAD, restarts: [{ life: { kind: 'failed' } }] } } as const;
    const bench = benchOf({ policies: { app: { budget: { restarts: 1, windowMs: 1e9 } } }, units });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(10_000);
    row.alarma = 0;
    await bench.advance(1000);
    expect(bench.told('alarm.gone')).toHaveLength(1);
  });

  it('is said to be gone when somebody else clears an alarm that we leave alone', async () => {
    const bench = benchOf({});
    const row = bench.add(1, 'stranger');
    await bench.start();
    row.alarma = 0;
    await bench.advance(1000);
    expect(bench.told('alarm.gone')).toMatchObject([{ processId: 1, processName: 'stranger' }]);
  });
});

describe('a unit whose program dies half a second after each start', () => {
  const DYING = {
    initially: { kind: 'failed' },
    restarts: [{ life: { kind: 'exits', afterMs: 500, status: 3 } }],
  } as const;
  const policy = {
    maxAttempts: 2,
    breaker: { maxFailures: 3, resetAfterMs: 100_000, resetMultiplier: 2, maxOpenMs: 1e9 },
  };

  it('is judged failed after all attempts, and its alarm stays', async () => {
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': DYING } });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(4500);
    const { alarmId } = bench.told('restart.started')[0] ?? {};
    const commands = bench.told('command.ended').filter((event) => event.alarmId === alarmId);
    expect(commands.map(({ report }) => report.ok)).toEqual([true, true]);
    expect(bench.told('restart.ended')[0]?.outcome).toMatchObject({ kind: 'still_unhealthy', attempts: 2 });
    expect(row).toMatchObject({ alarma: 1, notes: expect.stringMatching(/^\[pm:\w{8}\]$/) as string });
  });

  it('opens its breaker after three handlings, gets exactly one trial per open time, and closes when mended', async () => {
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': DYING } });
    const row = bench.add(1, 'app');
    await bench.start();
    await bench.advance(30_000);
    expect(bench.units.restarted).toHaveLength(6);
    expect(bench.told('breaker.changed')).toMatchObject([{ to: { kind: 'open', openings: 1 }, by: 'result' }]);
    expect(bench.reasons('app').at(-1)).toBe('breaker_open');
    await bench.advance(100_000);
    expect(bench.units.restarted).toHaveLength(7);
    expect(bench.told('restart.started').at(-1)?.isTrial).toBe(true);
    expect(bench.memoryOf(1)?.breaker).toMatchObject({ kind: 'open', openings: 2 });
    bench.units.add('app.service', DEAD);
    await bench.advance(200_000);
    expect(bench.outcomes().at(-1)).toBe('recovered');
    expect(row.alarma).toBe(0);
    await bench.advance(61_000);
    expect(bench.told('breaker.changed').at(-1)).toMatchObject({ from: { kind: 'half_open' }, to: { kind: 'closed' } });
  });

  it('says why nothing happens once, and not in each cycle', async () => {
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': DYING } });
    bench.add(1, 'app');
    await bench.start();
    await bench.advance(90_000);
    expect(bench.reasons('app').filter((code) => code === 'breaker_open')).toHaveLength(1);
  });
});

describe('a unit that systemd itself restarts', () => {
  it('is never restarted while it crash-loops, and is reported as failed', async () => {
    const looping = { initially: { kind: 'crash_loops', upMs: 300, downMs: 2000 } } as const;
    const bench = benchOf({ policies: { app: {} }, units: { 'app.service': looping } });
    const row = bench.add(1, 'app');
    await bench.advance(400);
    await bench.start();
    await bench.advance(30_000);
    expect(bench.units.restarted).toEqual([]);
    expect(bench.outcomes()[0]).toBe('still_unhealthy');
    expect(row.alarma).toBe(1);
  });

  it('is called recovered without a restart of ours when systemd brings it back for good', async () => {
    const once = { initially: { kind: 'crash_loops', upMs: 300, downMs: 1000, rounds: 1 } } as const;
    const bench = benchOf({ policies: { app: { maxAttempts: 1 } }, units: { 'app.service': once } });
    const row = bench.add(1, 'app');
    await bench.advance(400);
    await bench.start();
    await bench.advance(5000);
    expect(bench.units.restarted).toEqual([]);
    expect(bench.told('restart.ended')).toMatchObject([{ outcome: { kind: 'recovered', attempts: 0 } }]);
    expect(row.alarma).toBe(0);
    expect(bench.memoryOf(1)?.restarts ?? []).toEqual([]);
  });
});

it('looking on in vain while systemd restarts a unit is no restart of ours, however often we looked', async () => {
  const thrice = { initially: { kind: 'crash_loops', upMs: 300, downMs: 3000, rounds: 3 } } as const;
  const bench = benchOf({ policies: { app: { maxAttempts: 3 } }, units: { 'app.service': thrice } });
  bench.add(1, 'app');
  await bench.advance(400);
  await bench.start();
  await bench.advance(30_000);
  expect(bench.told('attempt.failed').length).toBeGreaterThan(0);
  expect(bench.told('restart.ended')).toMatchObject([{ outcome: { kind: 'recovered', attempts: 0 } }]);
  expect(bench.units.restarted).toEqual([]);
});

describe('an operator in the middle of a handling', () => {
  const policy = { maxAttempts: 3, healthChecks: [{ kind: 'tcp', host: 'localhost', port: 80 }] } as const;

  it.each([
    ['clears the alarm', { alarma: 0 }],
    ['acknowledges it', { sound: 1 }],
  ])('%s: no further command runs and nothing is overwritten', async (_what, change) => {
    const bench = benchOf({ policies: { app: policy }, units: { 'app.service': DEAD } });
    const row = bench.add(1, 'app', { notes: 'mine' });
    await bench.start();
    await bench.advance(3000);
    expect(bench.units.restarted).toHaveLength(1);
    Object.assign(row, change);
    const asked = bench.prober.calls.length;
    await bench.advance(60_000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(bench.prober.calls).toHaveLength(asked);
    expect(bench.outcomes()).toEqual(['no_longer_ours']);
    expect(row).toMatchObject({ alarma: 1, sound: 0, ...change, notes: 'mine [pm:00000001]' });
    expect(bench.memoryOf(1)?.breaker ?? { kind: 'closed', failures: 0 }).toEqual({ kind: 'closed', failures: 0 });
  });

  it('acknowledges it between look and restart: nothing is run at all', async () => {
    const bench = benchOf({
      policies: { app: { ...policy, preRestartCommand: 'true' } },
      units: { 'app.service': DEAD },
    });
    const row = bench.add(1, 'app');
    bench.store.onCall = (call) => {
      if (call === 'stillAlarmed') row.sound = 1;
    };
    await bench.start();
    await bench.advance(5000);
    expect([bench.units.restarted, bench.runner.calls]).toEqual([[], []]);
    expect(bench.outcomes()).toEqual(['no_longer_ours']);
  });
});

it('hostile rows cost one line each and hold up nobody', async () => {
  const names = [
    '*',
    '--help',
    '--host=127.0.0.1',
    'poweroff.target',
    '../x',
    'a b; touch /tmp/x',
    'process-monitor',
    '',
    'x'.repeat(255),
    '😀',
    null,
  ];
  const bench = benchOf({
    policies: { app: {}, 'poweroff.target': {}, 'process-monitor': {} },
    units: { 'app.service': DEAD },
  });
  names.forEach((name, index) => bench.add(10 + index, name));
  bench.add(1, 'app');
  await bench.start();
  await bench.advance(60_000);
  expect(bench.outcomes()).toEqual(['recovered']);
  expect(bench.units.restarted).toEqual(['app.service']);
  expect(bench.runner.calls).toEqual([]);
  for (const name of names) expect(bench.reasons(name)).toHaveLength(1);
});

describe('side by side', () => {
  it('one slow handling does not delay another process', async () => {
    const slow = { ...DEAD, restarts: [{ takesMs: 30_000 }] };
    const bench = benchOf({ policies: { slow: {}, app: {} }, units: { 'slow.service': slow, 'app.service': DEAD } });
    const slowRow = bench.add(1, 'slow');
    const row = bench.add(2, 'app', { alarma: 0 });
    await bench.start();
    await bench.advance(500);
    row.alarma = 1;
    await bench.advance(2500);
    expect([slowRow.alarma, row.alarma]).toEqual([1, 0]);
    await bench.advance(40_000);
    expect(slowRow.alarma).toBe(0);
  });

  it('a hundred units are all handled, never more than allowed at once', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `unit${index}`);
    const bench = benchOf({
      policies: Object.fromEntries(names.map((name) => [name, {}])),
      units: Object.fromEntries(names.map((name) => [`${name}.service`, { ...DEAD, restarts: [{ takesMs: 200 }] }])),
      options: { maxParallelRestarts: 8 },
    });
    const rows = names.map((name, index) => bench.add(index + 1, name));
    let most = 0;
    await bench.start();
    for (let step = 0; step < 200; step += 1) {
      await bench.advance(100);
      const open = bench.told('restart.started').length - bench.told('restart.ended').length;
      most = Math.max(most, open);
    }
    expect(most).toBe(8);
    expect(rows.filter(({ alarma }) => alarma === 1)).toEqual([]);
    expect(new Set(bench.units.restarted).size).toBe(100);
    expect(bench.units.restarted).toHaveLength(100);
    expect(bench.reasons('unit99')[0]).toBe('waits_for_slot');
  });

  it('duplicates, two ids and an alias of one unit are one restart, and every row is cleared', async () => {
    const bench = benchOf({
      policies: { app: {}, web: { systemName: 'app' }, alias: { systemName: 'other' } },
      units: { 'app.service': { ...DEAD, aliases: ['other.service'] } },
      store: { hostId: 1 },
    });
    const rows = [bench.add(1, 'app'), bench.add(2, 'web'), bench.add(3, 'alias')];
    rows.push(bench.store.add(1, 'app', { alarma: 1 }));
    const foreign = bench.store.add(4, 'app', { alarma: 1, hostId: 2 });
    await bench.start();
    await bench.advance(5000);
    expect(bench.units.restarted).toHaveLength(1);
    expect(rows.map(({ alarma }) => alarma)).toEqual([0, 0, 0, 0]);
    expect(foreign.alarma).toBe(1);
    expect(bench.told('restart.ended')).toHaveLength(1);
    expect(bench.told('cycle.completed')[0]).toMatchObject({ alarmed: 4, started: 1, skipped: 0 });
  });
});
