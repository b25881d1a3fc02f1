/** Odd time: a jump of the clock is seen, a slow cycle is not one. */
import { describe, expect, it } from 'vitest';
import { isOddTime } from '../../../src/domain/odd-time.js';

const before = { wallMs: 1_000_000_000, monotonicMs: 5000 };

describe('the time between two cycles', () => {
  it.each<[string, number, number, number, boolean]>([
    ['is even when both clocks moved alike', 30_000, 30_000, 30_000, false],
    ['is even after a cycle that took ten minutes', 600_000, 600_000, 1000, false],
    ['is even after a pause that was cut short', 20, 20, 300_000, false],
    ['is even with a small correction of the wall clock', 30_000 + 9999, 30_000, 1000, false],
    ['is odd when the wall clock ran ahead: the machine slept', 3_600_000, 1000, 1000, true],
    ['is odd when the wall clock was set back', -3_600_000, 1000, 1000, true],
    ['is odd when the clock was set in a pause that was then cut short', 3_600_020, 20, 300_000, true],
    ['tolerates as much as the planned pause', 300_000 + 300_000, 300_000, 300_000, false],
    ['is odd beyond the planned pause', 300_000 + 300_001, 300_000, 300_000, true],
  ])('%s', (...[, wallMs, monotonicMs, plannedMs, isOdd]) => {
    const now = { wallMs: before.wallMs + wallMs, monotonicMs: before.monotonicMs + monotonicMs };
    expect(isOddTime(before, now, plannedMs)).toBe(isOdd);
  });
});
