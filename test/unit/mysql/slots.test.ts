/** Who gets a place in the pool, and when. */
import { describe, expect, it } from 'vitest';
import type { Bounds } from '../../../src/adapters/mysql/deadline.js';
import { Slots } from '../../../src/adapters/mysql/slots.js';
import { FakeClock } from '../../support/fake-clock.js';

function bounds(clock: FakeClock, signals: readonly AbortSignal[] = []): Bounds {
  return { clock, timeoutMs: 1000, signals };
}

async function mustTake(slots: Slots, within: Bounds): Promise<() => void> {
  const release = await slots.take(within);
  if (typeof release !== 'function') throw new Error(release);
  return release;
}

describe('Slots', () => {
  it('hands a place on to those who wait, in turn', async () => {
    const within = bounds(new FakeClock());
    const slots = new Slots(1);
    const order: string[] = [];
    const release = await mustTake(slots, within);
    const waiting = ['first', 'second'].map(async (name) => {
      const done = await mustTake(slots, within);
      order.push(name);
      done();
    });
    release();
    await Promise.all(waiting);
    expect(order).toEqual(['first', 'second']);
  });

  it('says full after the deadline and forgets the one who waited', async () => {
    const clock = new FakeClock();
    const slots = new Slots(1);
    const release = await mustTake(slots, bounds(clock));
    const late = slots.take(bounds(clock));
    await clock.advance(1000);
    expect(await late).toBe('full');
    release();
    expect(await slots.take(bounds(clock))).toBeTypeOf('function');
  });

  it('says stopped when the place is no longer wanted', async () => {
    const clock = new FakeClock();
    const slots = new Slots(1);
    const stop = new AbortController();
    const release = await mustTake(slots, bounds(clock));
    const unwanted = slots.take(bounds(clock, [stop.signal]));
    stop.abort();
    expect(await unwanted).toBe('stopped');
    expect(await slots.take(bounds(clock, [stop.signal]))).toBe('stopped');
    release();
    expect(await slots.take(bounds(clock))).toBeTypeOf('function');
  });

  it('has more places at once, and those who wait get them', async () => {
    const within = bounds(new FakeClock());
    const slots = new Slots(1);
    await mustTake(slots, within);
    const waiting = mustTake(slots, within);
    slots.resize(2);
    expect(await waiting).toBeTypeOf('function');
  });

  it('has fewer places as they are given back, and never lends those that are gone', async () => {
    const clock = new FakeClock();
    const slots = new Slots(2);
    const [first, second] = [await mustTake(slots, bounds(clock)), await mustTake(slots, bounds(clock))];
    slots.resize(1);
    const third = slots.take(bounds(clock));
    first();
    await clock.advance(1000);
    expect(await third).toBe('full');
    second();
    expect(await slots.take(bounds(clock))).toBeTypeOf('function');
  });
});
