/** The restart budget: how long to wait, and that no window ever holds more than its share. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spend, waitForBudgetMs, withinWindow, type RestartTimes } from '../../../src/domain/restart-budget.js';

const limits = { restarts: 3, windowMs: 1000 };

describe('the wait until one more restart fits', () => {
  it.each<[string, RestartTimes, number, number]>([
    ['is nothing before the first one', [], 0, 0],
    ['is nothing while the window has room', [0, 100], 200, 0],
    ['lasts until the oldest one leaves a full window', [0, 100, 200], 300, 700],
    ['is over in the very millisecond in which the oldest one leaves', [0, 100, 200], 1000, 0],
    ['counts from the one that blocks where more than the limit are inside', [0, 100, 200, 300], 400, 700],
    ['does not count what lies before the window', [0, 1, 2, 3, 4, 5000], 5001, 0],
  ])('%s', (_sentence, times, nowMs, waitMs) => {
    expect(waitForBudgetMs(times, limits, nowMs)).toBe(waitMs);
  });

  it('is nothing at all without a limit', () => {
    expect(waitForBudgetMs([1, 2, 3, 4, 5], { restarts: 0, windowMs: 1000 }, 5)).toBe(0);
  });
});

describe('spending', () => {
  it('adds the present and drops what no longer counts', () => {
    expect(spend([0, 500, 900], limits, 1200)).toEqual([500, 900, 1200]);
  });

  it.each([
    ['a hundred where there is no limit, so that no memory grows without end', 0, 100],
    ['as many as a greater limit asks for', 250, 250],
  ])('keeps the latest: %s', (_sentence, restarts, kept) => {
    const some = { restarts, windowMs: 3_600_000 };
    const times = Array.from({ length: 300 }, (_, index) => index);
    const last = times.reduce<RestartTimes>((sofar, nowMs) => spend(sofar, some, nowMs), []);
    expect(last).toEqual(times.slice(-kept));
  });

  it('keeps nothing that the window has passed', () => {
    expect(withinWindow([0, 1, 1000, 1001], limits, 1001)).toEqual([1000, 1001]);
  });
});

describe('whenever one waits as long as told', () => {
  const cases = fc.record({
    restarts: fc.integer({ min: 1, max: 6 }),
    windowMs: fc.integer({ min: 1, max: 5000 }),
    asks: fc.array(fc.nat(2000), { maxLength: 100 }),
  });

  it('no window of that length holds more restarts than allowed, and the wait is never too long', () => {
    fc.assert(
      fc.property(cases, ({ asks, ...some }) => {
        let times: RestartTimes = [];
        const all: number[] = [];
        let nowMs = 0;
        for (const stepMs of asks) {
          nowMs += stepMs;
          const waitMs = waitForBudgetMs(times, some, nowMs);
          expect(waitMs).toBeLessThanOrEqual(some.windowMs);
          if (waitMs > 0) {
            expect(waitForBudgetMs(times, some, nowMs + waitMs - 1)).toBeGreaterThan(0);
            expect(waitForBudgetMs(times, some, nowMs + waitMs)).toBe(0);
            continue;
          }
          times = spend(times, some, nowMs);
          all.push(nowMs);
        }
        for (const end of all) {
          const inside = all.filter((time) => time > end - some.windowMs && time <= end);
          expect(inside.length).toBeLessThanOrEqual(some.restarts);
        }
      }),
    );
  });
});
