/**
 * The circuit breaker of one process: when failing restarts stop, and how they are tried again.
 *
 * closed    counts failed handlings in a row; at `maxFailures` it opens.
 * open      nothing is restarted until `untilMs`; then it is half-open.
 * half-open one trial handling; well closes it, failed opens it for longer.
 * isolated  held open by a person until a person lets go (or until a set time).
 *
 * Source: Nygard, "Release It!", chapter "Stability Patterns".
 */

/** Plain JSON. Times are monotonic milliseconds of the running monitor. */
export type BreakerState =
  /** `failures`: failed handlings in a row, 0 to `maxFailures` − 1. */
  | { readonly kind: 'closed'; readonly failures: number }
  /** `openings`: how often it has opened without a good trial in between, from 1. */
  | { readonly kind: 'open'; readonly untilMs: number; readonly openings: number }
  | { readonly kind: 'half_open'; readonly openings: number }
  | { readonly kind: 'isolated' };

export interface BreakerLimits {
  /** Failed handlings in a row that open the breaker; from 1. */
  readonly maxFailures: number;
  /** First open time, milliseconds. */
  readonly resetAfterMs: number;
  /** Each further opening is this many times longer; from 1. */
  readonly resetMultiplier: number;
  /** Longest open time, milliseconds. */
  readonly maxOpenMs: number;
}

export const CLOSED: BreakerState = { kind: 'closed', failures: 0 };

/** What time alone changes: an open breaker whose time is over is half-open. */
export function tick(state: BreakerState, nowMs: number): BreakerState {
  return state.kind === 'open' && nowMs >= state.untilMs ? { kind: 'half_open', openings: state.openings } : state;
}

/** How long the n-th opening in a row lasts, milliseconds; `openings` from 1. */
export function openTimeMs(limits: BreakerLimits, openings: number): number {
  return Math.min(limits.resetAfterMs * limits.resetMultiplier ** (openings - 1), limits.maxOpenMs);
}

/** What a finished handling changes. A late result on an open or isolated breaker changes nothing. */
export function record(state: BreakerState, ok: boolean, limits: BreakerLimits, nowMs: number): BreakerState {
  const open = (openings: number): BreakerState => ({
    kind: 'open',
    openings,
    untilMs: nowMs + openTimeMs(limits, openings),
  });
  const current = tick(state, nowMs);
  switch (current.kind) {
    case 'closed':
      if (ok) return CLOSED;
      return current.failures + 1 < limits.maxFailures ? { kind: 'closed', failures: current.failures + 1 } : open(1);
    case 'half_open':
      return ok ? CLOSED : open(current.openings + 1);
    case 'open':
    case 'isolated':
      return current;
  }
}
