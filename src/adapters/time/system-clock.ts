/** The clock of this machine. */
import { hrtime } from 'node:process';
import type { Clock, SleepSpan } from '../../ports/clock.js';

/** Node's timers take at most 2^31 − 1 ms; a longer sleep is made of several. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Node counts whole milliseconds from the beginning of a turn, so that a timer fires a little before its time and a second
 * one is needed for the rest. A long wait asks for more at once: to be woken twice costs more than 2 ms are worth.
 */
const LONG_WAIT_MS = 100;
const SPARE_MS = 2;
/** From here on a wait is worth a timer of its own that keeps it from being broken by a stale one. */
const LONG_REST_MS = 2000;
/**
 * A timer that is so much too late tells of a program or a machine that was held up: stopped, starved, moved to another host.
 * Answers that came meanwhile are read before anybody is told that none came.
 */
const HELD_UP_MS = 1000;

/** Monotonic time is Linux's CLOCK_MONOTONIC, the one systemd's timestamps use; it stands still while suspended. */
export class SystemClock implements Clock {
  /** One may be set that was called off. */
  #isStale = false;
  /** Sleeps that end once another timer wakes the program. */
  readonly #upkeep = new Set<{ readonly fromMs: number; readonly end: () => void }>();

  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    const [seconds, nanoseconds] = hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  }

  sleep(ms: number, signal: AbortSignal): Promise<'elapsed' | 'aborted'> {
    return this.sleepBetween({ leastMs: Infinity, mostMs: ms }, signal);
  }

  sleepBetween({ leastMs, mostMs }: SleepSpan, signal: AbortSignal): Promise<'elapsed' | 'aborted'> {
    if (signal.aborted) return Promise.resolve('aborted');
    if (mostMs >= LONG_REST_MS) this.#forgetStale();
    const fromMs = this.monotonicMs() + leastMs;
    return new Promise((resolve) => {
      const end = (how: 'elapsed' | 'aborted'): void => {
        signal.removeEventListener('abort', onAbort);
        this.#upkeep.delete(upkeep);
        resolve(how);
      };
      const cancel = this.after(mostMs, () => end('elapsed'));
      const onAbort = (): void => {
        cancel();
        end('aborted');
      };
      const upkeep = {
        fromMs,
        end: (): void => {
          cancel();
          end('elapsed');
        },
      };
      if (leastMs < mostMs) this.#upkeep.add(upkeep);
      signal.addEventListener('abort', onAbort);
    });
  }

  after(ms: number, act: () => void): () => void {
    const deadlineMs = this.monotonicMs() + ms;
    // Node cuts off fractions of a millisecond, warns of a time below 0, and takes one that is too long for 1 ms.
    const arm = (leftMs: number): NodeJS.Timeout => {
      const askedMs = Math.ceil(leftMs) + (leftMs < LONG_WAIT_MS ? 0 : SPARE_MS);
      return setTimeout(wake, Math.min(Math.max(askedMs, 0), LONGEST_TIMER_MS));
    };
    // Whoever waits relies on the whole of it.
    const wake = (): void => {
      const leftMs = deadlineMs - this.monotonicMs();
      if (leftMs > 0) timer = arm(leftMs);
      else if (leftMs > -HELD_UP_MS) this.#act(act);
      else afterReading = setImmediate(act);
    };
    let timer = arm(ms);
    let afterReading: NodeJS.Immediate | undefined;
    return () => {
      clearTimeout(timer);
      clearImmediate(afterReading);
      this.#isStale = true;
    };
  }

  /** With it ends what has only waited for the program to be awake; Node itself then forgets the timers of that. */
  #act(act: () => void): void {
    act();
    if (this.#upkeep.size === 0) return;
    const nowMs = this.monotonicMs();
    const isStale = this.#isStale;
    for (const { fromMs, end } of this.#upkeep) if (fromMs <= nowMs) end();
    this.#isStale = isStale;
  }

  /**
   * A timer that is called off still wakes Node at its time. Another that fires at once has Node look again what is due:
   * woken while everything is at hand costs a fraction of a wake-up out of rest.
   */
  #forgetStale(): void {
    if (this.#isStale) setTimeout(() => undefined, 1);
    this.#isStale = false;
  }
}
