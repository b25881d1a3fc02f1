/** A clock that stands still until a test moves it. */
import type { Clock, SleepSpan } from '../../src/ports/clock.js';

interface Sleeper {
  /** Woken with any other from here on. */
  readonly fromMs: number;
  readonly dueMs: number;
  readonly wake: () => void;
}

export interface FakeClockStart {
  readonly nowMs?: number;
  readonly monotonicMs?: number;
}

/** Starts at 2026-01-01T00:00:00Z, one hour after boot, unless told otherwise. */
export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs: number;
  #sleepers: Sleeper[] = [];
  #watchers: (() => void)[] = [];

  constructor(start: FakeClockStart = {}) {
    this.#wallMs = start.nowMs ?? Date.UTC(2026, 0, 1);
    this.#monotonicMs = start.monotonicMs ?? 3_600_000;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<'elapsed' | 'aborted'> {
    return this.sleepBetween({ leastMs: ms, mostMs: ms }, signal);
  }

  sleepBetween(span: SleepSpan, signal: AbortSignal): Promise<'elapsed' | 'aborted'> {
    if (signal.aborted) return Promise.resolve('aborted');
    if (!(span.mostMs > 0)) return Promise.resolve('elapsed');
    return new Promise((resolve) => {
      const finish = (how: 'elapsed' | 'aborted'): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(how);
      };
      const onAbort = (): void => {
        cancel();
        finish('aborted');
      };
      signal.addEventListener('abort', onAbort);
      const cancel = this.#wakeAfter(span, () => finish('elapsed'));
    });
  }

  after(ms: number, act: () => void): () => void {
    if (ms > 0) return this.#wakeAfter({ leastMs: ms, mostMs: ms }, act);
    const immediate = setImmediate(act);
    return () => clearImmediate(immediate);
  }

  #wakeAfter({ leastMs, mostMs }: SleepSpan, act: () => void): () => void {
    const cancel = (): void => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
    const wake = (): void => {
      cancel();
      act();
    };
    const sleeper: Sleeper = { fromMs: this.#monotonicMs + leastMs, dueMs: this.#monotonicMs + mostMs, wake };
    this.#sleepers.push(sleeper);
    for (const watch of [...this.#watchers]) watch();
    return cancel;
  }

  /** How many sleeps wait for the clock to move. */
  get pendingSleeps(): number {
    return this.#sleepers.length;
  }

  /** Milliseconds until the next sleeper wakes; null: nobody sleeps. */
  get nextWakeInMs(): number | null {
    const next = this.#earliest();
    return next === undefined ? null : next.dueMs - this.#monotonicMs;
  }

  /** Resolves as soon as at least `count` sleeps wait: what is tested has come to rest. */
  waitForSleeps(count = 1): Promise<void> {
    return new Promise((resolve) => {
      const watch = (): void => {
        if (this.#sleepers.length < count) return;
        this.#watchers = this.#watchers.filter((other) => other !== watch);
        resolve();
      };
      this.#watchers.push(watch);
      watch();
    });
  }

  /**
   * Moves both times on by `ms` and wakes, in order, everyone who is due by then; promises settle between, so that a
   * sleeper who lies down again for a short while is woken again too.
   */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#earliest(); next !== undefined && next.dueMs <= targetMs; next = this.#earliest()) {
      this.#moveTo(next.dueMs);
      next.wake();
      this.#endUpkeep();
      await settle();
    }
    this.#moveTo(targetMs);
    await settle();
  }

  /** The program is awake: what has only waited for that ends. */
  #endUpkeep(): void {
    const nowMs = this.#monotonicMs;
    for (const sleeper of [...this.#sleepers])
      if (sleeper.fromMs <= nowMs && nowMs < sleeper.dueMs && this.#sleepers.includes(sleeper)) sleeper.wake();
  }

  /** Somebody sets the wall clock; monotonic time and sleepers do not notice. */
  setWallClock(nowMs: number): void {
    this.#wallMs = nowMs;
  }

  #earliest(): Sleeper | undefined {
    return this.#sleepers.reduce<Sleeper | undefined>(
      (first, other) => (first === undefined || other.dueMs < first.dueMs ? other : first),
      undefined,
    );
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

/** Lets every promise that can settle without time passing do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
}
