/** One order's way from the decision to the report, and what follows it: the watch over the recovered process. */
import type { ProcessId } from '../domain/alarm.js';
import type { HandlingRef } from '../domain/event.js';
import { longestHandlingMs } from '../domain/handling-time.js';
import { breakerVote, isCutShort, type RestartOutcome } from '../domain/outcome.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { Claim, ClaimResult } from '../ports/alarm-writer.js';
import { termOf, type OwnerState } from '../ports/ownership.js';
import { StoreError } from '../ports/store-error.js';
import type { HandsDeps } from './deps.js';
import { isOf, type Claims, type Subject } from './ledger.js';
import { recover, type Ownership, type Recovered } from './recover.js';
import type { Watches, WatchTask } from './watches.js';
import { clearAlarms, type WriteBackDeps } from './write-back.js';

export interface RecoverAlarmDeps extends HandsDeps, WriteBackDeps {
  readonly watches: Watches;
  /** Aborted when the monitor stops taking new work: watches end then. */
  readonly draining: AbortSignal;
}

/** How a handling came about: only an alarm's own handling has a row to ask about and a vote to give. */
export type HandlingCause = 'alarm' | 'person';

/** Restart, verify, write back, settle, report. Returns the outcome; exactly one `restart.ended` is emitted. */
export async function recoverAlarm(
  deps: RecoverAlarmDeps,
  order: RestartOrder,
  handling: { readonly alarmId: string; readonly cause: HandlingCause },
  signal: AbortSignal,
): Promise<RestartOutcome> {
  const { policy, isTrial } = order;
  const ref = refOf(order, handling.alarmId);
  const startedMs = deps.clock.monotonicMs();
  const before = deps.watches.drop(order.target);
  deps.events.emit({
    type: 'restart.started',
    ...ref,
    strategy: policy.strategy,
    systemName: policy.systemName,
    isTrial,
  });
  const subjects = subjectsOf(order);
  const maxAttempts = isTrial ? 1 : policy.maxAttempts;
  const deadlineMs = startedMs + longestHandlingMs(policy, maxAttempts);
  const askedBy = handling.cause === 'person' ? handling.cause : null;
  const mark = { alarmId: ref.alarmId, askedBy, startedMs, deadlineMs };
  const claims = new Map<ProcessId, Claim>();
  const standing = handling.cause === 'person' ? (): Ownership => 'ours' : standingOf(deps, order);
  const ownership = (): Promise<Ownership> =>
    handling.cause === 'person' ? Promise.resolve('ours') : ownershipOf(deps, order, signal, standing);
  const recovered = await recover(deps, {
    ref,
    policy,
    maxAttempts,
    unit: order.unit,
    signal,
    ownership,
    standing,
    takeUp: () => takeUp(deps, { order, alarmId: ref.alarmId, claims, cause: handling.cause, standing }, signal),
    record: (progress) => deps.ledger.recordHandling(subjects, { ...mark, ...progress }, claims),
    spend: () => deps.ledger.spend(subjects, policy.budget),
  });
  const { cause } = handling;
  return finishHandling(deps, { order, ref, startedMs, cause, recovered, before, claims }, signal);
}

interface TakingUp {
  readonly order: RestartOrder;
  readonly alarmId: string;
  /** Filled in; what an earlier attempt has claimed is claimed anew. */
  readonly claims: Map<ProcessId, Claim>;
  readonly cause: HandlingCause;
  readonly standing: () => Ownership;
}

/**
 * Claims the rows, which tells at once whether they are ours. What a person has asked for is done whatever the rows say;
 * else nothing is done where none of them is in alarm any more, or one that cannot be claimed may be somebody else's by now.
 */
async function takeUp(deps: RecoverAlarmDeps, taking: TakingUp, signal: AbortSignal): Promise<Ownership> {
  const { order, alarmId, claims, cause, standing } = taking;
  const isAsked = cause === 'person';
  const before = standing();
  if (before !== 'ours') return before;
  const kinds = new Set<ClaimResult['kind']>();
  try {
    for (const { processId, processName } of subjectsOf(order)) {
      claims.delete(processId);
      const result = await deps.writer.claim(processId, { alarmId, processName }, signal);
      if ('claim' in result) claims.set(processId, result.claim);
      kinds.add(result.kind);
    }
  } catch (error: unknown) {
    if (!(error instanceof StoreError)) throw error;
    if (isAsked) return 'ours';
    return error.code === 'not_owner' ? 'not_owner' : 'blind';
  }
  if (isAsked) return 'ours';
  if (kinds.has('claimed')) return standing();
  // A writer that claims nothing says nothing about whose the rows are.
  return kinds.has('unclaimed') || kinds.has('off') ? ownershipOf(deps, order, signal, standing) : 'not_ours';
}

export interface FinishedRecovery {
  readonly order: RestartOrder;
  readonly ref: HandlingRef;
  /** Monotonic milliseconds. */
  readonly startedMs: number;
  readonly cause: HandlingCause;
  readonly recovered: Recovered;
  readonly claims: Claims;
  /** The watch that the handling broke off; null: none. */
  readonly before: WatchTask | null;
}

/** Write back, settle, report, watch: the second half of every handling, also of one that a dead monitor left behind. */
export async function finishHandling(
  deps: RecoverAlarmDeps,
  { order, ref, startedMs, cause, recovered, before, claims }: FinishedRecovery,
  signal: AbortSignal,
): Promise<RestartOutcome> {
  const { policy } = order;
  const { outcome, evidence } = recovered;
  const subjects = subjectsOf(order);
  const isUndecided = breakerVote(outcome) === 'abstain';
  const settling = isUndecided ? subjects : [...subjects, ...subjectsBeside(deps, order, { before, cause })];
  const isWell = outcome.kind === 'recovered';
  const watch = { untilMs: deps.clock.monotonicMs() + policy.stableTimeMs, alarmId: ref.alarmId, after: evidence };
  const lost = isWell ? await clearAlarms(deps, subjects, { alarmId: ref.alarmId, claims, watch }, signal) : [];
  const settled = settling.filter(({ processId }) => !lost.includes(processId));
  // A restart that a person asked for is outside the breaker.
  if (!isCutShort(outcome))
    deps.ledger.settle(settled, outcome, { policy, alarmId: ref.alarmId, evidence, isCounted: cause === 'alarm' });
  await deps.ledger.save();
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
  deps.events.emit({ type: 'restart.ended', ...ref, outcome, systemName: policy.systemName, durationMs });
  if (isWell) {
    const untilMs = deps.clock.monotonicMs() + policy.stableTimeMs;
    deps.watches.add(order.target, { ref, subjects: settled, policy, evidence, untilMs }, deps.draining);
  } else if (before !== null && isUndecided) {
    deps.watches.add(order.target, before, deps.draining);
  }
  return outcome;
}

/**
 * Who shares the result without being in alarm: whoever was watched, since nobody else would ever settle it, and what is
 * remembered of a process that a person has restarted.
 */
function subjectsBeside(
  { ledger }: RecoverAlarmDeps,
  { processIds, lead }: RestartOrder,
  { before, cause }: Pick<FinishedRecovery, 'before' | 'cause'>,
): readonly Subject[] {
  const { processName } = lead;
  const all = cause === 'person' ? ledger.entries() : [];
  const remembered = all.filter(([, memory]) => memory.processName === processName);
  const shared = [...(before?.subjects ?? []), ...remembered.map(([processId]) => ({ processId, processName }))];
  const beside = new Map(shared.map((subject) => [subject.processId, subject]));
  return [...beside.values()].filter(({ processId }) => !processIds.includes(processId));
}

export function refOf({ lead }: RestartOrder, alarmId: string): HandlingRef {
  return { alarmId, processId: lead.processId, processName: lead.processName };
}

/** Every process of the order under its own name. */
export function subjectsOf({ lead, processIds, names }: RestartOrder): readonly Subject[] {
  return processIds.map((processId) => ({ processId, processName: names.get(processId) ?? lead.processName }));
}

/** Asks whether the order's rows are still ours to act on. */
export async function ownershipOf(
  deps: RecoverAlarmDeps,
  order: RestartOrder,
  signal: AbortSignal,
  standing = standingOf(deps, order),
): Promise<Ownership> {
  const before = standing();
  if (before !== 'ours') return before;
  try {
    const alarmed = await deps.source.stillAlarmed(order.processIds, signal);
    const subjects = subjectsOf(order);
    if (!subjects.some((subject) => alarmed.some((row) => isOf(row, subject)))) return 'not_ours';
    // The question took its time.
    return standing();
  } catch (cause: unknown) {
    if (cause instanceof StoreError) return 'blind';
    throw cause;
  }
}

/** What is known without asking the source. Rows that were another monitor's since the call are not ours to act on unseen. */
function standingOf({ ledger, owner }: RecoverAlarmDeps, { processIds }: RestartOrder): () => Ownership {
  const term = termOf(owner.state());
  return () => {
    if (processIds.some((id) => ledger.memoryOf(id)?.breaker.kind === 'isolated')) return 'isolated';
    const now = owner.state();
    return now.kind === 'owner' && now.term !== term ? 'not_owner' : ownerAnswer(now);
  };
}

/** Who cannot prove that the rows are still its own has lost sight of the database, as far as a handling goes. */
function ownerAnswer({ kind }: OwnerState): Ownership {
  if (kind === 'owner') return 'ours';
  return kind === 'standby' ? 'not_owner' : 'blind';
}
