/** When a lease is ours and when it may be taken, by one machine's clock. */
import { describe, expect, it } from 'vitest';
import {
  holderText,
  mayTake,
  ownerForMs,
  ownerWord,
  sight,
  signEveryMs,
} from '../../../src/adapters/mysql/lease-terms.js';

const ROW = { owner: 'a', token: '1', beat: '7' };
const NOON = Date.UTC(2026, 10, 21, 12);

describe('a lease that another holds', () => {
  it('may be taken once its row has stayed as it was for the time of a lease', () => {
    const seen = sight(sight(null, ROW, 1000), { ...ROW }, 5000);
    expect(seen.sinceMs).toBe(1000);
    expect(mayTake(seen, 15_000, 15_999)).toBe(false);
    expect(mayTake(seen, 15_000, 16_000)).toBe(true);
  });

  it.each([{ owner: 'b' }, { token: '2' }, { beat: '8' }])('begins anew with %o', (change) => {
    const seen = sight(sight(null, ROW, 1000), { ...ROW, ...change }, 5000);
    expect(seen.sinceMs).toBe(5000);
  });

  it('may be taken at once where it is free', () => {
    expect(mayTake(sight(null, { ...ROW, owner: '' }, 1000), 15_000, 1000)).toBe(true);
  });
});

describe('a lease that is ours', () => {
  const sent = { monotonicMs: 1000, wallMs: NOON };
  const after = (monotonicMs: number, wallMs = monotonicMs): number =>
    ownerForMs(sent, { monotonicMs: sent.monotonicMs + monotonicMs, wallMs: sent.wallMs + wallMs }, 15_000);

  it('is ours for less time than others must wait', () => {
    expect(after(0)).toBe(12_500);
    expect(after(12_500)).toBe(0);
  });

  it('is not ours after a sleep of the machine that its monotonic clock knows nothing of', () => {
    expect(after(100, 3_600_000)).toBeLessThan(0);
  });

  it('gains nothing by a clock that was set back', () => {
    expect(after(13_000, -3_600_000)).toBeLessThan(0);
  });
});

describe('the signs of life of an owner', () => {
  it('come three times in a lease from a write on until ten leases later, else twice', () => {
    expect([Infinity, 150_000, 149_999, 0].map((sinceMs) => signEveryMs(sinceMs, 15_000))).toEqual([
      ...[7500, 7500, 5000, 5000],
    ]);
  });

  it('leave time for a try without an answer and the beginning of another', () => {
    const [tryMs, pauseMs] = [15_000 / 4, 1000];
    for (const sinceMs of [Infinity, 0]) expect(signEveryMs(sinceMs, 15_000) + tryMs + pauseMs).toBeLessThan(12_500);
  });
});

describe('the word of an owner', () => {
  it('fits its column, also for the longest host and process', () => {
    expect(ownerWord({ host: 'h'.repeat(64), pid: 4_194_304 }, NOON, '0123456789ab')).toHaveLength(64);
  });

  it('is read by people as who, and since when', () => {
    const word = ownerWord({ host: 'web-17', pid: 4242 }, NOON, '0123456789ab');
    expect(holderText(word)).toBe('web-17 (pid 4242, since 2026-11-21 12:00:00 UTC)');
  });

  it('is shown as it is where it is none of ours', () => {
    expect(holderText('a person')).toBe('a person');
    expect(holderText('')).toBe('nobody');
  });
});
