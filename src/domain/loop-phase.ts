/** Where the poll loop is, and whether it makes progress as it should. */

/** Monotonic milliseconds. `starting`: what an earlier run left is looked through. `stopping`: what runs is finished. */
export type LoopPhase =
  | { readonly kind: 'starting'; readonly sinceMs: number }
  | { readonly kind: 'cycle'; readonly sinceMs: number }
  | { readonly kind: 'pause'; readonly untilMs: number }
  | { readonly kind: 'stopping' };

/** A pause may end this much later than planned: a busy machine, a slow disk. */
const LATE_MS = 30_000;

/**
 * False once the loop is stuck: in a cycle for longer than all of a cycle's own deadlines together, or in a pause that
 * should long be over. A database that does not answer is progress: the cycle ends with its deadline. While stopping
 * systemd's own limit counts.
 */
export function isProgressing(phase: LoopPhase, nowMs: number, longestCycleMs: number): boolean {
  switch (phase.kind) {
    case 'starting':
    case 'cycle':
      return nowMs - phase.sinceMs <= longestCycleMs;
    case 'pause':
      return nowMs <= phase.untilMs + LATE_MS;
    case 'stopping':
      return true;
  }
}
