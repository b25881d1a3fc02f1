/**
 * The mass-alarm brake: when most processes are in alarm at once, the cause is likely elsewhere, so restarts are held
 * for one look.
 *
 * released  → held       a look finds a mass alarm: nothing is restarted at this look
 * held      → confirmed  the next look finds it too: restarts go on, within the other limits
 * any       → released   a look finds no mass alarm
 */

export type BrakeState = 'released' | 'held' | 'confirmed';

export interface BrakeLimits {
  /** More than this percentage of the host's processes, 1 to 100; 0: no brake. */
  readonly percent: number;
  /** At least this many processes, from 1. */
  readonly min: number;
}

/** Enough alarms that their share of all processes matters; below it nobody needs to count. */
export function mayBeMassAlarm(alarmed: number, limits: BrakeLimits): boolean {
  return limits.percent > 0 && alarmed >= limits.min;
}

/** The brake after one look that found `alarmed` of `known` processes in alarm. */
export function brakeAfterLook(state: BrakeState, alarmed: number, known: number, limits: BrakeLimits): BrakeState {
  const isMass = mayBeMassAlarm(alarmed, limits) && alarmed * 100 > limits.percent * known;
  if (!isMass) return 'released';
  return state === 'released' ? 'held' : 'confirmed';
}
