/** Tells from a D-Bus error, or from the end of a job, how systemd took the request. */
import type { UnitActionResult } from '../../ports/unit-manager.js';
import type { CallResult } from './dbus/bus-connection.js';
import type { UnitReading } from './dbus-unit-state.js';

type Failure = Exclude<CallResult, { kind: 'reply' }>;

/**
 * By the last word of the error's name.
 * Source: systemd, src/libsystemd/sd-bus/bus-common-errors.c; D-Bus, dbus-protocol.h.
 */
const KINDS: Readonly<Record<string, 'not_permitted' | 'conflict' | 'impossible' | 'unavailable'>> = {
  AccessDenied: 'not_permitted',
  AuthFailed: 'not_permitted',
  InteractiveAuthorizationRequired: 'not_permitted',
  TransactionIsDestructive: 'conflict',
  ShuttingDown: 'conflict',
  NoSuchUnit: 'impossible',
  UnitMasked: 'impossible',
  BadUnitSetting: 'impossible',
  LoadFailed: 'impossible',
  OnlyByDependency: 'impossible',
  JobTypeNotApplicable: 'impossible',
  InvalidArgs: 'impossible',
  // Nobody has taken the request: systemd is about to return, or too much is asked at once.
  ServiceUnknown: 'unavailable',
  NameHasNoOwner: 'unavailable',
  LimitsExceeded: 'unavailable',
};

/** The one who was asked went away without an answer, after it had the request. */
const NO_ANSWER = /\.(?:NoReply|Timeout|TimedOut|Disconnected)$/;

const LONGEST_DETAIL = 300;

/** Whether the request may have been carried out all the same. */
export function isDoubtful(failure: Failure): boolean {
  if (failure.kind === 'error') return NO_ANSWER.test(failure.name);
  return failure.kind === 'lost' && failure.wasSent;
}

/** Of a failure that leaves no doubt. */
export function toRefusal(failure: Failure): UnitActionResult {
  switch (failure.kind) {
    case 'timed_out':
    case 'aborted':
      return { kind: failure.kind };
    case 'lost':
      return { kind: 'unavailable', detail: failure.detail, isPassing: true };
    case 'error': {
      const isDenied = failure.name.endsWith('.AccessDenied');
      // Said as systemctl says it; the error's own words are those of any refused file.
      const detail = isDenied ? 'Access denied' : oneLine(failure.message === '' ? failure.name : failure.message);
      const kind = KINDS[failure.name.split('.').at(-1) ?? ''] ?? 'failed';
      return kind === 'unavailable' ? { kind, detail, isPassing: true } : { kind, detail };
    }
  }
}

/**
 * `result`: as systemd announces the end of a job. A unit whose start limit is hit ends as any failed one; but it was not
 * begun at all since `askedMs`, and keeps the result of its last start where that was a failure.
 */
export function toJobEnd(unit: string, result: string, after: UnitReading | null, askedMs: number): UnitActionResult {
  if (result === 'done' || result === 'skipped') return { kind: 'done' };
  if (result === 'canceled') return { kind: 'conflict', detail: `Job for ${unit} canceled.` };
  if (result !== 'failed') return { kind: 'failed', detail: sentences(unit)[result] ?? `Job for ${unit}: ${result}.` };
  if (after === null) return { kind: 'failed', detail: `Job for ${unit} failed.` };
  const { state, startedMs } = after;
  const wasBegun = startedMs >= askedMs;
  if (state.result === 'start-limit-hit' || (!wasBegun && state.activeState === 'failed'))
    return { kind: 'start_limit', detail: `Job for ${unit} failed: started too often, its start limit is hit.` };
  return { kind: 'failed', detail: `Job for ${unit} failed: ${howItFailed(state.result, state.execMainStatus)}.` };
}

function sentences(unit: string): Readonly<Record<string, string>> {
  return {
    timeout: `Job for ${unit} took longer than its own time limit.`,
    dependency: `Job for ${unit} failed: a unit that it needs could not be started.`,
    assert: `Job for ${unit} failed: an assertion of the unit does not hold.`,
    unsupported: `Job for ${unit} failed: this system does not support it.`,
    collected: `Job for ${unit} was dropped before it began.`,
  };
}

function howItFailed(result: string, status: number): string {
  if (result === 'exit-code') return `a command of it exited with an error${status > 0 ? ` (status ${status})` : ''}`;
  if (result === 'timeout') return 'it was not ready in time';
  if (result === 'signal' || result === 'core-dump') return `it was ended by a signal (${result})`;
  if (result === 'protocol') return 'it did not do what its type asks (protocol)';
  return result === 'success' || result === '' ? 'systemd gives no reason' : result;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_DETAIL);
}
