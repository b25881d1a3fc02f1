/** The circuit breaker: its moves one by one, the published probe times, and a model that random histories must follow. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLOSED,
  openTimeMs,
  record,
  tick,
  type BreakerLimits,
  type BreakerState,
} from '../../../src/domain/circuit-breaker.js';

const MINUTE = 60_000;
const limits: BreakerLimits = {
  maxFailures: 3,
  resetAfterMs: 10 * MINUTE,
  resetMultiplier: 2,
  maxOpenMs: 240 * MINUTE,
};
const closed = (failures: number): BreakerState => ({ kind: 'closed', failures });
const open = (untilMs: number, openings: number): BreakerState => ({ kind: 'open', untilMs, openings });
const halfOpen = (openings: number): BreakerState => ({ kind: 'half_open', openings });
const isolated: BreakerState = { kind: 'isolated' };

describe('a finished handling', () => {
  it.each<[string, BreakerState, boolean, number, BreakerState]>([
    ['counts the first failure', CLOSED, false, 0, closed(1)],
    ['counts the failure before the last allowed one', closed(1), false, 0, closed(2)],
    ['opens the breaker at the third failure in a row', closed(2), false, 1000, open(1000 + 10 * MINUTE, 1)],
    ['forgets all failures when well', closed(2), true, 0, CLOSED],
    ['closes a half-open breaker when well', halfOpen(3), true, 0, CLOSED],
    ['opens a half-open breaker for longer when failed', halfOpen(1), false, 0, open(20 * MINUTE, 2)],
    ['changes nothing while the breaker is open', open(5000, 1), true, 4999, open(5000, 1)],
    ['counts as the trial once the open time is over', open(5000, 1), true, 5000, CLOSED],
    ['counts as the failed trial once the open time is over', open(0, 2), false, 0, open(40 * MINUTE, 3)],
    ['changes nothing while isolated, well', isolated, true, 0, isolated],
    ['changes nothing while isolated, failed', isolated, false, 0, isolated],
  ])('%s', (...[, before, ok, nowMs, after]) => {
    expect(record(before, ok, limits, nowMs)).toEqual(after);
  });

  it('opens at the first failure where one is the limit', () => {
    expect(record(CLOSED, false, { ...limits, maxFailures: 1 }, 0)).toEqual(open(10 * MINUTE, 1));
  });
});

describe('time alone', () => {
  it.each<[string, BreakerState, number, BreakerState]>([
    ['leaves a closed breaker closed', closed(2), 1e12, closed(2)],
    ['leaves an open one open until its time', open(5000, 1), 4999, open(5000, 1)],
    ['makes an open one half-open at its time', open(5000, 2), 5000, halfOpen(2)],
    ['leaves a half-open one half-open', halfOpen(1), 1e12, halfOpen(1)],
    ['never frees an isolated one', isolated, 1e12, isolated],
  ])('%s', (_sentence, before, nowMs, after) => {
    expect(tick(before, nowMs)).toEqual(after);
  });
});

describe('the open time', () => {
  it('doubles up to its cap', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 2000].map((openings) => openTimeMs(limits, openings) / MINUTE);
    expect(minutes).toEqual([10, 20, 40, 80, 160, 240, 240, 240]);
  });

  it('stays the same with a multiplier of one', () => {
    expect(openTimeMs({ ...limits, resetMultiplier: 1 }, 50)).toBe(10 * MINUTE);
  });
});

describe('a process that never recovers, polled every two minutes', () => {
  function handlingMinutes(untilMinute: number): readonly number[] {
    const minutes: number[] = [];
    let state: BreakerState = CLOSED;
    for (let minute = 0; minute <= untilMinute; minute += 2) {
      state = tick(state, minute * MINUTE);
      if (state.kind === 'open') continue;
      minutes.push(minute);
      state = record(state, false, limits, minute * MINUTE);
    }
    return minutes;
  }

  it('is probed at minutes 14, 34, 74, 154, 314 and then every four hours', () => {
    expect(handlingMinutes(24 * 60)).toEqual([0, 2, 4, 14, 34, 74, 154, 314, 554, 794, 1034, 1274]);
  });

  it('costs fifteen restarts on the first day and six on each later one', () => {
    // Two attempts in each of the first three handlings, one in each trial.
    const firstDay = handlingMinutes(24 * 60 - 1);
    expect(3 * 2 + (firstDay.length - 3)).toBe(15);
    const secondDay = handlingMinutes(48 * 60 - 1).length - firstDay.length;
    expect(secondDay).toBe(6);
  });
});

describe('whatever happens', () => {
  /** The same rules once more, written as what a person would count. */
  interface Model {
    failuresInARow: number;
    openings: number;
    openUntilMs: number | null;
  }

  function expectSame(state: BreakerState, model: Model, nowMs: number): void {
    if (model.openUntilMs === null) expect(state).toEqual(closed(model.failuresInARow));
    else if (nowMs < model.openUntilMs) expect(state).toEqual(open(model.openUntilMs, model.openings));
    else expect(state).toEqual(halfOpen(model.openings));
  }

  function follow(model: Model, ok: boolean, nowMs: number): void {
    if (model.openUntilMs !== null && nowMs < model.openUntilMs) return;
    if (ok) {
      Object.assign(model, { failuresInARow: 0, openings: 0, openUntilMs: null });
      return;
    }
    const isTrial = model.openUntilMs !== null;
    model.failuresInARow += 1;
    if (!isTrial && model.failuresInARow < limits.maxFailures) return;
    model.openings += 1;
    model.openUntilMs = nowMs + Math.min(10 * MINUTE * 2 ** (model.openings - 1), 240 * MINUTE);
  }

  it('the breaker does what the rules in its description say', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(300 * MINUTE), ok: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (history) => {
        const model: Model = { failuresInARow: 0, openings: 0, openUntilMs: null };
        let state: BreakerState = CLOSED;
        let nowMs = 0;
        for (const { waitMs, ok } of history) {
          nowMs += waitMs;
          expectSame(tick(state, nowMs), model, nowMs);
          state = record(state, ok, limits, nowMs);
          follow(model, ok, nowMs);
          expectSame(tick(state, nowMs), model, nowMs);
        }
      }),
    );
  });

  it('no breaker stays open for longer than its longest time', () => {
    const states = fc.array(fc.boolean(), { maxLength: 200 });
    fc.assert(
      fc.property(states, (results) => {
        let state: BreakerState = CLOSED;
        let nowMs = 0;
        for (const ok of results) {
          state = record(state, ok, limits, nowMs);
          if (state.kind !== 'open') continue;
          expect(state.untilMs - nowMs).toBeLessThanOrEqual(limits.maxOpenMs);
          nowMs = state.untilMs;
        }
      }),
    );
  });
});
