/** Both clocks keep the clock's promises. */
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as realSleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import { FakeClock } from '../support/fake-clock.js';
import { clockContract } from './clock-contract.js';

clockContract('SystemClock', () => ({ clock: new SystemClock(), pass: (ms) => realSleep(ms + 2) }));
clockContract('FakeClock', () => {
  const clock = new FakeClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

it('SystemClock counts from the boot of the machine', async () => {
  const { readFile } = await import('node:fs/promises');
  const upSeconds = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
  // /proc/uptime also counts time spent suspended, so it may be ahead, but never behind.
  expect(new SystemClock().monotonicMs() / 1000).toBeLessThanOrEqual(upSeconds + 1);
});

it('SystemClock is woken once by a long wait, not once a little before its end and once for the rest', async () => {
  let timers = 0;
  const hook = createHook({ init: (_, type) => void (timers += type === 'Timeout' ? 1 : 0) }).enable();
  const clock = new SystemClock();
  const { signal } = new AbortController();
  const waits: Promise<unknown>[] = [];
  // At all parts of a millisecond, because Node's own count is of whole ones.
  while (waits.length < 40) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    waits.push(clock.sleep(100, signal));
  }
  await Promise.all(waits);
  hook.disable();
  // A test that is held up itself may need a second one here and there.
  expect(timers).toBeLessThan(waits.length + 10);
});

it('SystemClock has Node look anew what is due before a long rest, where a timer was called off: that one would end the rest', () => {
  const clock = new SystemClock();
  const ending = new AbortController();
  const timersOf = (act: () => void): number => {
    let timers = 0;
    const hook = createHook({ init: (_, type) => void (timers += type === 'Timeout' ? 1 : 0) }).enable();
    act();
    hook.disable();
    return timers;
  };
  const rest = (ms: number) => (): void => void clock.sleep(ms, ending.signal);
  expect(timersOf(rest(3000))).toBe(1);
  clock.after(2000, () => undefined)();
  expect([rest(50), rest(3000), rest(3000)].map(timersOf)).toEqual([1, 2, 1]);
  ending.abort();
});

it('SystemClock lets an answer that came while the program was held up be read before its deadline ends the wait', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  const asking = once(server, 'connection') as Promise<[Socket]>;
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [answering] = await asking;
  const seen: string[] = [];
  const cancel = new SystemClock().after(10, () => seen.push('deadline'));
  client.on('data', () => {
    seen.push('answer');
    cancel();
  });
  answering.write('answer');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
  await realSleep(50);
  expect(seen).toEqual(['answer']);
  client.destroy();
  answering.destroy();
  server.close();
});

it('FakeClock wakes again a sleeper that lies down again within the time it advances', async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const wokenAtMs: number[] = [];
  void (async () => {
    for (let nap = 0; nap < 3; nap++) {
      await clock.sleep(100, signal);
      wokenAtMs.push(clock.monotonicMs() - 3_600_000);
    }
  })();
  await clock.waitForSleeps();
  await clock.advance(250);
  expect(wokenAtMs).toEqual([100, 200]);
  expect([clock.pendingSleeps, clock.nextWakeInMs]).toEqual([1, 50]);
});

it('FakeClock keeps monotonic time when somebody sets the wall clock', async () => {
  const clock = new FakeClock({ nowMs: 1_000_000, monotonicMs: 500 });
  clock.setWallClock(0);
  await clock.advance(10);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([10, 510]);
});
