/** What triage says of each row: restart, or skip with the reason that log, status and dry run all show. */
import type { Alarm, AlarmRow, ProcessId } from './alarm.js';
import type { ProcessPolicy } from './process-policy.js';
import type { UnitState } from './unit-state.js';

export type SkipReason =
  /** `detail` says what is wrong with the row: name, orphan, NULL id. */
  | { readonly code: 'invalid_name'; readonly detail: string }
  | { readonly code: 'orphan' }
  /** Restarting it could take the machine or the monitor down. */
  | { readonly code: 'protected'; readonly detail: string }
  | { readonly code: 'unlisted' }
  | { readonly code: 'disabled' }
  /** `would` says what would have been done. */
  | { readonly code: 'dry_run'; readonly would: string }
  /** Said in a dry run only: an attempt would be refused, and why. */
  | { readonly code: 'cannot_act'; readonly detail: string }
  | { readonly code: 'in_progress' }
  | { readonly code: 'waits_for_slot' }
  | { readonly code: 'owes_write_back' }
  /** Recovered already; the monitor may not clear the alarm itself and waits for the source to do so. */
  | { readonly code: 'recently_recovered' }
  | { readonly code: 'breaker_open'; readonly retryInMs: number }
  | { readonly code: 'isolated' }
  | { readonly code: 'budget_used_up'; readonly retryInMs: number; readonly scope: 'process' | 'host' }
  | { readonly code: 'mass_alarm'; readonly alarmed: number; readonly known: number }
  /** Rights, configuration, or a job of somebody else's stood in the way of the last try. */
  | { readonly code: 'refused'; readonly detail: string; readonly retryInMs: number }
  /** The machine has only just booted. */
  | { readonly code: 'startup_grace'; readonly retryInMs: number }
  /** First look after the database was away. */
  | { readonly code: 'just_sighted' }
  /** The clock or the machine jumped: look first. */
  | { readonly code: 'odd_time' };

/** The row is none of the monitor's business, whatever its process does: only a person can change that. */
export function isForeign({ code }: SkipReason): boolean {
  return (
    code === 'invalid_name' || code === 'orphan' || code === 'protected' || code === 'unlisted' || code === 'disabled'
  );
}

/** A unit's state with its age: good for acting on only while it is fresh. */
export interface SeenUnit {
  readonly state: UnitState;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

/** One restart for one target, whatever number of rows lead to it. */
export interface RestartOrder {
  /** What is acted on, for example `unit:app.service`: never two handlings of one target at once. */
  readonly target: string;
  /** Whom the handling is told by: the row with the lowest id; without one where a person asks and no row is in alarm. */
  readonly lead: Pick<Alarm, 'processName'> & { readonly processId: ProcessId | null };
  /** Every process id to reset, the lead's included, without repeats. */
  readonly processIds: readonly ProcessId[];
  /** What each of them is called: not always as the lead, where several names mean one unit. */
  readonly names: ReadonlyMap<ProcessId, string>;
  readonly policy: ProcessPolicy;
  /** The breaker was half-open: this handling is its trial, with one attempt. */
  readonly isTrial: boolean;
  /** The unit as triage saw it; null: none, or not looked at; `no_answer`: the target is a guess, so nothing may be done. */
  readonly unit: SeenUnit | 'no_answer' | null;
}

export type Verdict =
  | { readonly kind: 'restart'; readonly order: RestartOrder }
  | { readonly kind: 'skip'; readonly row: AlarmRow; readonly reason: SkipReason };
