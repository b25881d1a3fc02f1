/** Ports that take their time: what the code takes for one moment is seldom one. */
import type { Clock } from '../../src/ports/clock.js';

export interface Slowness {
  readonly clock: Clock;
  /** Before the method does its work. */
  readonly askMs?: number;
  /** Between its work and its answer. */
  readonly answerMs?: number;
  /** How many calls take so long. Default: all. */
  readonly times?: number;
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

const NEVER = new AbortController().signal;

/** From now on the method takes so long. */
export function slowDown<P extends object>(port: P, method: keyof P & string, slowness: Slowness): void {
  const { clock, askMs = 0, answerMs = 0, times = Infinity } = slowness;
  // Whatever its arguments are, they are handed on as they come.
  const real = (port[method] as Method).bind(port);
  let calls = 0;
  const slow: Method = async (...args) => {
    calls += 1;
    const isSlow = calls <= times;
    if (isSlow) await clock.sleep(askMs, NEVER);
    const answer = await real(...args);
    if (isSlow) await clock.sleep(answerMs, NEVER);
    return answer;
  };
  Object.assign(port, { [method]: slow });
}

/** The same port, whose every question waits for `lag` before it is asked, and its answer after it was given. */
export function lagging<P extends object>(port: P, lag: () => Promise<void>): P {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      // Who only listens asks nothing; what was stored is there from the beginning.
      if (key === 'follow' || key === 'load') return value.bind(target) as unknown;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        await lag();
        const answer: unknown = await Reflect.apply(value, target, args);
        await lag();
        return answer;
      };
    },
  });
}
