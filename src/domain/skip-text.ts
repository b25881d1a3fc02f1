/** Why a row was left alone, in words: the one wording for log, status and dry run. */
import { assertNever } from './outcome.js';
import { durationText } from './time-text.js';
import type { SkipReason } from './verdict.js';

/** A short English clause without a full stop, for example `breaker open, next trial in 4 min 10 s`. */
export function skipText(reason: SkipReason): string {
  switch (reason.code) {
    case 'invalid_name':
      return `the row cannot be used: ${reason.detail}`;
    case 'orphan':
      return 'no process belongs to this row';
    case 'protected':
      return `protected: ${reason.detail}`;
    case 'unlisted':
      return 'no config section for it';
    case 'disabled':
      return 'disabled in the settings';
    case 'dry_run':
      return `dry run, would do: ${reason.would}`;
    case 'cannot_act':
      return `an attempt would be refused: ${reason.detail}`;
    case 'in_progress':
      return 'a restart of it is in progress';
    case 'waits_for_slot':
      return 'waits for a free slot';
    case 'owes_write_back':
      return 'already handled, its write-back is still owed';
    case 'recently_recovered':
      return 'already recovered, the source has yet to clear the alarm';
    case 'mass_alarm':
      return `held by the mass-alarm brake: ${reason.alarmed} of ${reason.known} processes are in alarm`;
    case 'just_sighted':
      return 'the database is only just back, or the rows only just ours: one look before acting';
    case 'odd_time':
      return 'the clock or the machine jumped, one look before acting';
    case 'isolated':
      return 'breaker held open by a person';
    default:
      return waitText(reason);
  }
}

type WaitReason = Extract<SkipReason, { readonly retryInMs: number }>;

function waitText(reason: WaitReason): string {
  const wait = durationText(reason.retryInMs);
  switch (reason.code) {
    case 'breaker_open':
      return `breaker open, next trial in ${wait}`;
    case 'budget_used_up':
      return `restart budget of the ${reason.scope} used up, next restart in ${wait}`;
    case 'refused':
      return `held back, next try in ${wait}: ${reason.detail}`;
    case 'startup_grace':
      return `the machine has only just booted, first restart in ${wait}`;
    default:
      return assertNever(reason);
  }
}
