/** Times as people read them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationText, isoTimeText, localTimeText } from '../../../src/domain/time-text.js';

describe('durationText', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [120.9, '120 ms'],
    [1000, '1 s'],
    [4290, '4.2 s'],
    [10_999, '10 s'],
    [60_000, '1 min'],
    [250_000, '4 min 10 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [3_605_000, '1 h'],
    [86_400_000 * 3 + 3_600_000 * 4, '3 d 4 h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('isoTimeText', () => {
  it.each([
    '1969-12-31',
    '1970-01-01',
    '1999-12-31',
    '2000-02-29',
    '2000-03-01',
    '2024-02-29',
    '2100-02-28',
    '2100-03-01',
  ])('writes both ends of %s', (date) => {
    for (const text of [`${date}T00:00:00.000Z`, `${date}T23:59:59.999Z`])
      expect(isoTimeText(Date.parse(text))).toBe(text);
  });

  it('agrees with ISO 8601 for every millisecond from 1900 to 2500', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2500, 0, 1) }), (ms) => {
        expect(isoTimeText(ms)).toBe(new Date(ms).toISOString());
      }),
    );
  });
});

describe('localTimeText', () => {
  it('writes the local time of day with two digits each, midnight as 00', () => {
    const midnightMs = new Date(2026, 0, 5, 0, 7, 9).getTime();
    expect(localTimeText(midnightMs)).toBe('2026-01-05 00:07:09');
  });
});
