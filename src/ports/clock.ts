/** The clock: wall time, monotonic time, and a sleep that ends. */

/** Milliseconds, `leastMs` at most `mostMs`. */
export interface SleepSpan {
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface Clock {
  /** Wall time, epoch milliseconds: for storage and display; never subtract two of these. */
  nowMs(): number;
  /** Milliseconds since the machine booted: for durations and deadlines. */
  monotonicMs(): number;
  /** Never rejects: an abort is a normal way for a wait to end. */
  sleep(ms: number, signal: AbortSignal): Promise<'elapsed' | 'aborted'>;
  /**
   * A sleep for upkeep, whose moment nobody waits for: it ends as soon as `leastMs` have passed and the program is awake for
   * another timer, at the latest after `mostMs`. To wake a program that rests costs more than most upkeep does.
   */
  sleepBetween(span: SleepSpan, signal: AbortSignal): Promise<'elapsed' | 'aborted'>;
  /**
   * Calls `act` once, after the whole of `ms` and never in this turn, unless what it returns is called before; calling that
   * again does nothing. Costs less than a sleep: for a deadline that hardly ever comes. `act` must not throw.
   */
  after(ms: number, act: () => void): () => void;
}
