/** How the last run of a unit came to its end, told by the order in which things happened. */
import type { UnitState } from './unit-state.js';

/** Times on one clock, in one measure; 0: never. */
export interface RunTimes {
  /** The unit began to start. */
  readonly leftInactive: number;
  /** It was up, and no longer is. */
  readonly leftActive: number;
  /** Its main program ended. */
  readonly programEnded: number;
}

/**
 * Whoever crashes ends first, and systemd takes the unit for down right after that; whoever is asked to end is down for
 * systemd from the moment of asking on. So this tells a stop from a crash also where nobody was looking, and where the
 * program ends with an exit code that systemd calls a failure (143 after a SIGTERM).
 */
export function wasAskedToEnd({ leftInactive, leftActive, programEnded }: RunTimes): boolean {
  const wasUp = leftActive > 0 && leftActive >= leftInactive;
  return wasUp && (programEnded === 0 || programEnded > leftActive);
}

/** systemd ends it for these, with nobody asking for it. */
const ENDED_BY_SYSTEMD: ReadonlySet<string> = new Set(['watchdog', 'oom-kill']);

/** Stopped by somebody, whatever its program has made of that. */
export function wasStopped({ wasAskedToEnd: wasAsked, result }: UnitState): boolean {
  return wasAsked && !ENDED_BY_SYSTEMD.has(result);
}
