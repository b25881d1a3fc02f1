/** Whether a unit has failed so that the alarm of its process is to be raised for it, with nobody else to do it. */
import { unitText } from './own-check.js';
import { ownUnitName } from './own-unit-name.js';
import type { ProcessPolicy } from './process-policy.js';
import { protection } from './protected-names.js';
import { mayHaveOwnUnit } from './restart-plan.js';
import { wasStopped } from './unit-end.js';
import type { UnitState } from './unit-state.js';

/** What is known beside the unit's state; both invocations null: none. */
export interface FailureFacts {
  /** The one that was decided on before: systemd tells of the same failure several times. */
  readonly decided: string | null;
  /** The one that was seen in the middle of being stopped. */
  readonly stopped: string | null;
  /** A handling of it waits or is under way. */
  readonly isHandled: boolean;
  readonly allowProtected: boolean;
}

export type FailureVerdict =
  /** For all that the unit says, its alarm is to be raised. */
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'left'; readonly why: 'not_failed' | 'asked_to_end' | 'decided' | 'protected' }
  /** Not to be decided before this is over. */
  | { readonly kind: 'later'; readonly why: 'job_under_way' | 'in_progress' };

/** Only what systemd itself calls failed counts, once it has had its own turn, and where nobody had asked for the end. */
export function judgeFailure(unit: UnitState, facts: FailureFacts): FailureVerdict {
  // A unit that waits for systemd to restart it is activating, and one that ended in good order is inactive.
  if (unit.activeState !== 'failed') return { kind: 'left', why: 'not_failed' };
  if (unit.hasJob) return { kind: 'later', why: 'job_under_way' };
  if (facts.decided === unit.invocationId) return { kind: 'left', why: 'decided' };
  if (facts.isHandled) return { kind: 'later', why: 'in_progress' };
  if (wasStopped(unit) || facts.stopped === unit.invocationId) return { kind: 'left', why: 'asked_to_end' };
  if (protection([unit.id, ...unit.names], facts.allowProtected) !== null) return { kind: 'left', why: 'protected' };
  return { kind: 'failed', detail: unitText(unit) };
}

/** Somebody's job is ending it: what becomes of it then is what they have asked for. */
export function isBeingStopped(unit: UnitState): boolean {
  return unit.hasJob && unit.activeState === 'deactivating';
}

/** What stands in the way of raising one row of a process whose unit has failed. */
export type RowVerdict = 'raise' | 'in_alarm' | 'acknowledged' | 'watched' | 'isolated';

export interface RowFacts {
  readonly isAlarmed: boolean;
  readonly isAcknowledged: boolean;
  /** In its stable period: whoever watches it raises its alarm, as a relapse. */
  readonly isWatched: boolean;
  readonly isIsolated: boolean;
}

export function judgeRowOfFailed({ isAlarmed, isAcknowledged, isWatched, isIsolated }: RowFacts): RowVerdict {
  if (isAcknowledged) return 'acknowledged';
  if (isAlarmed) return 'in_alarm';
  if (isWatched) return 'watched';
  return isIsolated ? 'isolated' : 'raise';
}

/** The units that a restart of the process could act on, the first one that exists being the one; none: it has no unit. */
export function unitNamesOf(policy: ProcessPolicy): readonly string[] {
  const own = mayHaveOwnUnit(policy) ? [ownUnitName(policy.processName)] : [];
  const names = policy.strategy === 'process' ? own : [policy.systemName, ...own];
  return names.filter((name) => !name.startsWith('/'));
}

/** Whether a failure of its unit raises the alarm of this process. */
export function isUnitWatched(policy: ProcessPolicy): boolean {
  const { watchesUnit, enabled, dryRun, origin } = policy;
  return watchesUnit && enabled && !dryRun && origin === 'own_section' && unitNamesOf(policy).length > 0;
}
