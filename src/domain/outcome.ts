/** How a handling ended, and what that means for the breaker. */

/** Why a handling stopped without a result: never the process's fault. */
export type Interruption =
  | 'shutdown'
  /** Cleared, acknowledged or given to another name by somebody else in the meantime. */
  | 'no_longer_ours'
  /** A person has meanwhile held its breaker open. */
  | 'isolated'
  /** The database could not be asked whether the row is still ours. */
  | 'blind'
  /** Another monitor owns the rows of this host, or may do so any moment. */
  | 'not_owner'
  /** Somebody else is acting on the unit right now. */
  | 'operator_at_work'
  /** The restart budget was used up before anything was done. */
  | 'budget_used_up';

export type RestartOutcome =
  /** Restarted and proved well. `attempts` 0: systemd itself brought it back while we looked. */
  | { readonly kind: 'recovered'; readonly attempts: number; readonly tookMs: number }
  /** Every attempt was made; the process is not well. */
  | { readonly kind: 'still_unhealthy'; readonly attempts: number; readonly detail: string }
  /** The last attempt's command failed, so there was nothing to check. */
  | { readonly kind: 'command_failed'; readonly attempts: number; readonly detail: string }
  /**
   * Rights or configuration forbid it: a person must act; trying again changes nothing. `isPassing`: it could not be
   * known whether it is right, and may be in a moment.
   */
  | { readonly kind: 'refused'; readonly detail: string; readonly isPassing?: boolean }
  | { readonly kind: 'interrupted'; readonly why: Interruption };

const INTERRUPTIONS: Readonly<Record<Interruption, string>> = {
  shutdown: 'the monitor stops',
  no_longer_ours: 'its alarm has been cleared or acknowledged, or its row has another name now',
  isolated: 'its breaker is held open by a person',
  blind: 'the database does not answer',
  not_owner: 'another monitor may own its row by now',
  // Not always an operator's: a job that outlived its attempt's time is there too.
  operator_at_work: 'a job for its unit is under way already',
  budget_used_up: 'its restart budget is used up',
};

/** A clause for people. */
export function interruptionText(why: Interruption): string {
  return INTERRUPTIONS[why];
}

/** Ended by the monitor's own end: what it had begun stays on record, and the next run settles it. */
export function isCutShort(outcome: RestartOutcome): boolean {
  return outcome.kind === 'interrupted' && outcome.why === 'shutdown';
}

/** How the breaker counts it. Interruptions and refusals are not the process's failures. */
export function breakerVote(outcome: RestartOutcome): 'ok' | 'failed' | 'abstain' {
  switch (outcome.kind) {
    case 'recovered':
      return 'ok';
    case 'still_unhealthy':
    case 'command_failed':
      return 'failed';
    case 'refused':
    case 'interrupted':
      return 'abstain';
    default:
      return assertNever(outcome);
  }
}

/** Makes a forgotten case a compile error. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
