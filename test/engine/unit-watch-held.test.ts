/** `watch_units` where a person keeps a failure from being raised, and then no longer does. */
import { describe, expect, it } from 'vitest';
import type { MonitorBench } from '../support/monitor-bench.js';
import { idOf } from '../support/policy.js';
import { alarms, crash, questions, raised, watching, type Wish } from '../support/unit-watch-bench.js';

const app = { processId: idOf(1), processName: 'app' };
const EACH_SECOND: Wish = { setup: { options: { checkIntervalMs: 1000 } } };
const MINUTE_MS = 60_000;

const reasons = (bench: MonitorBench): readonly string[] => bench.told('alarm.not_raised').map(({ reason }) => reason);

async function isolated(): Promise<MonitorBench> {
  const bench = await watching(EACH_SECOND);
  bench.monitor.ledger.setByPerson(app, 'isolate');
  await crash(bench);
  return bench;
}

describe('a unit that fails while a person holds its breaker', () => {
  it('has its alarm raised at the next look after the breaker is reset', async () => {
    const bench = await isolated();
    await bench.advance(20_000);
    expect([raised(bench), reasons(bench)]).toEqual([0, ['isolated']]);
    bench.monitor.ledger.setByPerson(app, 'reset');
    await bench.advance(1000);
    expect(raised(bench)).toBe(1);
    await bench.advance(2000);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(alarms(bench)).toEqual([0]);
  });

  it('costs one question to systemd and to the database a minute, whatever the pace of the looks', async () => {
    const bench = await isolated();
    const before = questions(bench);
    await bench.advance(10 * MINUTE_MS + 5000);
    expect(questions(bench)).toEqual(before.map((count) => count + 10));
    expect(reasons(bench)).toEqual(['isolated']);
  });

  it('and that a person starts again by hand is left alone after the reset', async () => {
    const bench = await isolated();
    bench.units.happens('app.service', { kind: 'runs' });
    await bench.advance(5000);
    const before = questions(bench);
    bench.monitor.ledger.setByPerson(app, 'reset');
    await bench.advance(10 * MINUTE_MS);
    expect([raised(bench), bench.units.restarted]).toEqual([0, []]);
    expect(questions(bench)).toEqual(before);
  });

  it('and fails again is told of again', async () => {
    const bench = await isolated();
    bench.units.happens('app.service', { kind: 'runs' });
    await crash(bench);
    await bench.advance(1000);
    expect(reasons(bench)).toEqual(['isolated', 'isolated']);
  });

  it('and is acknowledged then is told of with that reason, too', async () => {
    const bench = await isolated();
    Object.assign(bench.store.statuses[0] ?? {}, { sound: 1 });
    bench.monitor.ledger.setByPerson(app, 'reset');
    await bench.advance(3 * MINUTE_MS);
    expect(reasons(bench)).toEqual(['isolated', 'acknowledged']);
  });
});

describe('a unit that fails', () => {
  it.each<[string, Wish, string, (bench: MonitorBench) => void]>([
    [
      'while its row is acknowledged',
      { ...EACH_SECOND, status: { sound: 1 } },
      'acknowledged',
      ({ store }) => Object.assign(store.statuses[0] ?? {}, { sound: 0 }),
    ],
    [
      'while its row has another name',
      { ...EACH_SECOND, policy: { systemName: 'app' } },
      'no_row',
      ({ store }) => Object.assign(store.processes[0] ?? {}, { name: 'app' }),
    ],
  ])('%s has its alarm raised within a minute of the change', async (_what, wish, reason, change) => {
    const bench = await watching(wish);
    if (reason === 'no_row') Object.assign(bench.store.processes[0] ?? {}, { name: 'App' });
    await crash(bench);
    await bench.advance(5 * MINUTE_MS);
    expect([raised(bench), reasons(bench)]).toEqual([0, [reason]]);
    change(bench);
    await bench.advance(MINUTE_MS + 2000);
    expect(raised(bench)).toBe(1);
    expect(bench.outcomes()).toEqual(['recovered']);
    expect(alarms(bench)).toEqual([0]);
  });

  it('and whose row somebody acknowledges in the moment of the raise is looked at again', async () => {
    const bench = await watching(EACH_SECOND);
    bench.store.onCall = (call) => {
      if (call === 'raise') Object.assign(bench.store.statuses[0] ?? {}, { sound: 1 });
    };
    await crash(bench);
    expect([raised(bench), reasons(bench)]).toEqual([0, []]);
    await bench.advance(MINUTE_MS + 1000);
    expect([raised(bench), reasons(bench)]).toEqual([0, ['acknowledged']]);
  });

  it('and is in alarm already is not looked at again', async () => {
    const bench = await watching(EACH_SECOND);
    Object.assign(bench.store.statuses[0] ?? {}, { alarma: 1 });
    bench.monitor.ledger.setByPerson(app, 'isolate');
    await crash(bench);
    const before = questions(bench)[1];
    await bench.advance(5 * MINUTE_MS);
    expect(questions(bench)[1]).toBe(before);
    expect(reasons(bench)).toEqual([]);
  });

  it('with one row in alarm and another one acknowledged is decided: its alarm stands', async () => {
    const bench = await watching(EACH_SECOND);
    bench.add(2, 'app', { alarma: 0, sound: 1 });
    await crash(bench);
    await bench.advance(2000);
    const before = questions(bench)[1];
    await bench.advance(5 * MINUTE_MS);
    expect(questions(bench)[1]).toBe(before);
    expect([raised(bench), bench.outcomes(), reasons(bench)]).toEqual([1, ['recovered'], []]);
  });
});
