/** Odd time: the machine slept, or its clock was set, so what was planned before no longer means what it did. */

export interface CycleMoment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Wall time may drift this far from monotonic time between two cycles before it counts as odd. */
const TOLERATED_JUMP_MS = 10_000;

/**
 * `plannedMs`: the pause between two cycles; a jump that is no longer than that changes nothing that was planned. How much time
 * has passed does not matter: neither a cycle that only took long nor a pause that was cut short is odd, and neither hides a jump.
 */
export function isOddTime(before: CycleMoment, now: CycleMoment, plannedMs: number): boolean {
  const wall = now.wallMs - before.wallMs;
  const monotonic = now.monotonicMs - before.monotonicMs;
  return Math.abs(wall - monotonic) > Math.max(TOLERATED_JUMP_MS, plannedMs);
}
