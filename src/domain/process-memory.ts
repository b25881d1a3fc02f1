/** What the monitor remembers of one process between cycles, and how a handling's result changes it. */
import { CLOSED, record, tick, type BreakerState } from './circuit-breaker.js';
import { isSameProgram } from './own-check.js';
import { breakerVote, interruptionText, type RestartOutcome } from './outcome.js';
import type { ProcessPolicy } from './process-policy.js';
import type { RestartTimes } from './restart-budget.js';
import type { ProcessIdentity } from './unit-state.js';
import type { StoredEvidence, StoredHandling } from './stored-state.js';

/** Times are monotonic milliseconds of the running monitor. */
export interface ProcessMemory {
  readonly processName: string;
  readonly breaker: BreakerState;
  readonly restarts: RestartTimes;
  readonly inFlight: Handling | null;
  readonly owed: Debt | null;
  readonly watch: Watch | null;
  /** Recovered while the writer is off; null: not, or the source has cleared it since. */
  readonly handledMs: number | null;
  readonly refusal: Refusal | null;
}

export type HandlingStep = StoredHandling['step'];
export type Evidence = StoredEvidence;

export interface Handling {
  readonly alarmId: string;
  readonly startedMs: number;
  readonly deadlineMs: number;
  readonly attempt: number;
  readonly step: HandlingStep;
  readonly stepEnded: StoredHandling['stepEnded'];
  readonly askedBy: StoredHandling['askedBy'];
  readonly before: Evidence;
  readonly claim: string | null;
}

export interface Debt {
  readonly kind: 'clear' | 'raise';
  readonly stamp: string;
  readonly sinceMs: number;
  readonly alarmId: string;
  readonly claim: string | null;
}

export interface Watch {
  readonly untilMs: number;
  readonly alarmId: string;
  readonly after: Evidence;
}

export interface Refusal {
  readonly untilMs: number;
  readonly detail: string;
}

/** How long a process is left alone after rights or configuration forbade its restart: the next try changes little. */
const REFUSAL_HOLD_MS = 60_000;
/** How long after somebody else was seen acting on it, or after anything else that may be over in a moment. */
const PASSING_HOLD_MS = 10_000;

export const NO_EVIDENCE: Evidence = { unit: null, processes: [] };

/** Every mark of what ran before is still there: nothing has been restarted since. Where there was no mark nothing can be told. */
export function isUntouched(before: Evidence, now: Evidence): boolean {
  if (before.unit !== null)
    return before.unit.id === now.unit?.id && before.unit.invocationId === now.unit.invocationId;
  const isStill = (one: ProcessIdentity): boolean => now.processes.some((other) => isSameProgram(one, other));
  return before.processes.length > 0 && before.processes.every(isStill);
}

export function newMemory(processName: string): ProcessMemory {
  return {
    processName,
    breaker: CLOSED,
    restarts: [],
    inFlight: null,
    owed: null,
    watch: null,
    handledMs: null,
    refusal: null,
  };
}

/** Nothing in it differs from a process never seen: it need not be kept. */
export function isBlank(memory: ProcessMemory, nowMs: number, windowMs: number): boolean {
  return (
    memory.breaker.kind === 'closed' &&
    memory.breaker.failures === 0 &&
    memory.inFlight === null &&
    memory.owed === null &&
    memory.watch === null &&
    memory.handledMs === null &&
    (memory.refusal === null || memory.refusal.untilMs <= nowMs) &&
    memory.restarts.every((time) => time <= nowMs - windowMs)
  );
}

/** What a finished handling leaves behind. */
export interface Settlement {
  readonly policy: ProcessPolicy;
  readonly alarmId: string;
  /** What runs now, where it is well. */
  readonly evidence: Evidence;
  /** A failure counts for the breaker; false where a person had asked for the restart. */
  readonly isCounted: boolean;
}

/**
 * The memory once a handling is over. A good one does not vote yet: its vote is the watch's end, or an alarm that
 * returns before it. A refused one holds the process for a while without counting.
 */
export function settled(
  memory: ProcessMemory,
  outcome: RestartOutcome,
  after: Settlement,
  nowMs: number,
): ProcessMemory {
  const ended: ProcessMemory = { ...memory, breaker: tick(memory.breaker, nowMs), inFlight: null, refusal: null };
  switch (breakerVote(outcome)) {
    case 'ok':
      return {
        ...ended,
        watch: { untilMs: nowMs + after.policy.stableTimeMs, alarmId: after.alarmId, after: after.evidence },
      };
    case 'failed':
      // What was watched is no longer what runs.
      if (!after.isCounted) return { ...ended, watch: null };
      return { ...ended, watch: null, breaker: record(ended.breaker, false, after.policy.breaker, nowMs) };
    case 'abstain':
      return { ...ended, refusal: refusalAfter(outcome, nowMs) };
  }
}

function refusalAfter(outcome: RestartOutcome, nowMs: number): Refusal | null {
  if (outcome.kind === 'refused')
    return { untilMs: nowMs + (outcome.isPassing ? PASSING_HOLD_MS : REFUSAL_HOLD_MS), detail: outcome.detail };
  if (outcome.kind === 'interrupted' && outcome.why === 'operator_at_work')
    return { untilMs: nowMs + PASSING_HOLD_MS, detail: interruptionText(outcome.why) };
  return null;
}

/**
 * The process stayed well: the vote that clears its counters. It closes an open breaker too: then a person has had the
 * process restarted, and it was proved for as long as a trial would have been.
 */
export function stabilised(memory: ProcessMemory): ProcessMemory {
  return { ...memory, watch: null, breaker: memory.breaker.kind === 'isolated' ? memory.breaker : CLOSED };
}

/** It failed inside its stable period: the same failure going on, counted as one. */
export function relapsed(memory: ProcessMemory, policy: ProcessPolicy, nowMs: number): ProcessMemory {
  // A clearing that is still owed would hide the new failure.
  const owed = memory.owed?.kind === 'clear' ? null : memory.owed;
  const breaker = record(memory.breaker, false, policy.breaker, nowMs);
  return { ...memory, watch: null, handledMs: null, owed, breaker };
}
