/** The clock: wall time, monotonic time, and a sleep that ends. */

export interface Clock {
  /** Wall time, epoch milliseconds: for storage and display; never subtract two of these. */
  nowMs(): number;
  /** Milliseconds since the machine booted: for durations and deadlines. */
  monotonicMs(): number;
  /** Never rejects: an abort is a normal way for a wait to end. */
  sleep(ms: number, signal: AbortSignal): Promise<'elapsed' | 'aborted'>;
}
