/** The arithmetic of the benchmark. */
import { describe, expect, it } from 'vitest';
import { best, figure, isMet, median, ratioOf, slope, summaryOf } from '../../bench/figures.js';

const limit = figure(['limit', 'bare'], 'ms', [10, 20, 30]);

describe('a figure', () => {
  it('is summed up by its least, its middle and its most', () => {
    expect(summaryOf([30, 10, 20])).toEqual({ least: 10, median: 20, most: 30 });
  });

  it('has for its middle the mean of two where they are even in number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('keeps four digits', () => {
    expect(figure(['a', 'a'], 'ms', [123.456789]).samples).toEqual([123.5]);
  });

  it.each([[[]], [[NaN]], [[1, Infinity]]])('refuses %j, which nobody has measured', (samples) => {
    expect(() => figure(['a', 'a'], 'ms', samples)).toThrow('a was not measured');
  });
});

describe('the ratio to a limit', () => {
  it('is that of the medians', () => {
    const one = figure(['one', 'one'], 'ms', [25, 26, 99], { limit: 'limit' });
    expect(ratioOf(one, [limit, one])).toBe(1.3);
  });

  it('is unknown without the limit, and where the limit is nothing', () => {
    const one = figure(['one', 'one'], 'ms', [25], { limit: 'none' });
    expect(ratioOf(one, [limit, one])).toBeNull();
    expect(ratioOf(one, [figure(['none', 'none'], 'ms', [0]), one])).toBeNull();
  });
});

describe('an aim', () => {
  const aimed = (of: 'ratio' | 'median', atMost: number) =>
    figure(['one', 'one'], 'ms', [26], { limit: 'limit', aim: { of, atMost } });

  it.each([
    ['ratio', 1.3, true],
    ['ratio', 1.29, false],
    ['median', 26, true],
    ['median', 25, false],
  ] as const)('of the %s, at most %d, is met: %s', (of, atMost, met) => {
    expect(isMet(aimed(of, atMost), [limit])).toBe(met);
  });

  it('of a ratio is neither met nor missed without the limit', () => {
    expect(isMet(aimed('ratio', 9), [])).toBeNull();
  });
});

describe('among the ways to the same end', () => {
  it('the one with the lowest median is the limit', () => {
    expect(best([limit, figure(['quick', 'quick'], 'ms', [1, 15, 90]), figure(['slow', 'slow'], 'ms', [21])])).toBe(
      'quick',
    );
  });
});

describe('growth', () => {
  it('is the slope of the line through the points', () => {
    expect(slope([1, 2, 3].map((x) => [x, 5 + 2 * x] as const))).toBeCloseTo(2);
    expect(slope([1, 2, 3].map((x) => [x, 7] as const))).toBe(0);
  });
});
