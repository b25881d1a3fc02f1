/** What every clock promises. */
import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/ports/clock.js';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets `ms` of this clock's time pass, or a little more. */
  readonly pass: (ms: number) => Promise<unknown>;
}

/** Runs the promises on one clock; `make` is called once for each. */
export function clockContract(name: string, make: () => ClockUnderTest): void {
  describe(name, () => {
    let controller = new AbortController();
    afterEach(() => {
      controller.abort();
      controller = new AbortController();
    });

    it('moves wall time and monotonic time on together', async () => {
      const { clock, pass } = make();
      const [wallMs, monotonicMs] = [clock.nowMs(), clock.monotonicMs()];
      await pass(30);
      expect(clock.nowMs() - wallMs).toBeGreaterThanOrEqual(28);
      expect(clock.monotonicMs() - monotonicMs).toBeGreaterThanOrEqual(30);
    });

    it('ends a sleep as elapsed, and never before its time', async () => {
      const { clock, pass } = make();
      for (const ms of [1, 7, 12.5]) {
        const startMs = clock.monotonicMs();
        const sleep = clock.sleep(ms, controller.signal);
        await pass(ms);
        expect(await sleep).toBe('elapsed');
        expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(ms);
      }
    });

    it('wakes sleepers in the order of their times', async () => {
      const { clock, pass } = make();
      const order: number[] = [];
      const sleeps = [40, 10, 25].map(async (ms) => {
        await clock.sleep(ms, controller.signal);
        order.push(ms);
      });
      await pass(60);
      await Promise.all(sleeps);
      expect(order).toEqual([10, 25, 40]);
    });

    it.each([0, -5, NaN])('ends a sleep of %s ms at once', async (ms) => {
      expect(await make().clock.sleep(ms, controller.signal)).toBe('elapsed');
    });

    it.each([1000, 2 ** 31, 2 ** 40, Infinity])('ends a sleep of %s ms as aborted, and only then', async (ms) => {
      const { clock, pass } = make();
      const sleep = clock.sleep(ms, controller.signal);
      const first = await Promise.race([sleep, pass(20).then(() => 'still asleep')]);
      expect(first).toBe('still asleep');
      controller.abort();
      expect(await sleep).toBe('aborted');
    });

    it('does not begin to sleep under an aborted signal', async () => {
      controller.abort();
      expect(await make().clock.sleep(1000, controller.signal)).toBe('aborted');
    });

    it('calls once after the whole time, in the order of the times, and never those that were called off', async () => {
      const { clock, pass } = make();
      const startMs = clock.monotonicMs();
      const calls: [name: string, isWhole: boolean][] = [];
      const wait = (name: string, ms: number): (() => void) =>
        clock.after(ms, () => void calls.push([name, clock.monotonicMs() - startMs >= ms]));
      const [callOffLate, callOff] = [wait('late', 30), wait('called off', 20)];
      wait('early', 12.5);
      wait('at once', 0);
      expect(calls).toEqual([]);
      callOff();
      callOff();
      await pass(50);
      callOffLate();
      await pass(50);
      expect(calls).toEqual([
        ['at once', true],
        ['early', true],
        ['late', true],
      ]);
    });

    it('ends a sleep between two moments together with another timer, after it', async () => {
      const { clock, pass } = make();
      const startMs = clock.monotonicMs();
      const order: string[] = [];
      const sleep = clock.sleepBetween({ leastMs: 5, mostMs: 60_000 }, controller.signal);
      void sleep.then((how) => void order.push(how));
      clock.after(10, () => void order.push('the other'));
      await pass(10);
      await sleep;
      expect(order).toEqual(['the other', 'elapsed']);
      expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(10);
    });

    it('does not end a sleep between two moments before the first of them', async () => {
      const { clock, pass } = make();
      const sleep = clock.sleepBetween({ leastMs: 30_000, mostMs: 60_000 }, controller.signal);
      clock.after(10, () => undefined);
      expect(await Promise.race([sleep, pass(20).then(() => 'still asleep')])).toBe('still asleep');
    });

    it('ends a sleep between two moments at the second, where nothing else is due', async () => {
      const { clock, pass } = make();
      const startMs = clock.monotonicMs();
      const sleep = clock.sleepBetween({ leastMs: 5, mostMs: 15 }, controller.signal);
      await pass(15);
      expect(await sleep).toBe('elapsed');
      expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(15);
    });

    it('ends a sleep between two moments as aborted, and only once', async () => {
      const { clock, pass } = make();
      const sleep = clock.sleepBetween({ leastMs: 5, mostMs: 5000 }, controller.signal);
      controller.abort();
      expect(await sleep).toBe('aborted');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      clock.after(10, () => undefined);
      await pass(15);
      expect(await clock.sleepBetween({ leastMs: 5, mostMs: 10 }, controller.signal)).toBe('aborted');
    });

    it('leaves no listener on the signal behind', async () => {
      const { clock, pass } = make();
      const sleep = clock.sleep(3, controller.signal);
      await pass(3);
      await sleep;
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      const aborted = clock.sleep(1000, controller.signal);
      controller.abort();
      await aborted;
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });
  });
}
