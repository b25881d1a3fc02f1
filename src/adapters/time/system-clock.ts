/** The clock of this machine. */
import { hrtime } from 'node:process';
import type { Clock } from '../../ports/clock.js';

/** Node's timers take at most 2^31 − 1 ms; a longer sleep is made of several. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Monotonic time is Linux's CLOCK_MONOTONIC, the one systemd's timestamps use; it stands still while suspended. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return Number(hrtime.bigint()) / 1e6;
  }

  sleep(ms: number, signal: AbortSignal): Promise<'elapsed' | 'aborted'> {
    if (signal.aborted) return Promise.resolve('aborted');
    const deadlineMs = this.monotonicMs() + ms;
    return new Promise((resolve) => {
      const arm = (leftMs: number): NodeJS.Timeout =>
        setTimeout(wake, Math.min(Math.max(Math.ceil(leftMs), 0), LONGEST_TIMER_MS));
      const finish = (how: 'elapsed' | 'aborted'): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve(how);
      };
      const onAbort = (): void => finish('aborted');
      // A timer may fire a little before its time; whoever sleeps relies on the whole of it.
      const wake = (): void => {
        const leftMs = deadlineMs - this.monotonicMs();
        if (leftMs > 0) timer = arm(leftMs);
        else finish('elapsed');
      };
      let timer = arm(ms);
      signal.addEventListener('abort', onAbort);
    });
  }
}
