/** Triage: the whole batch of alarmed rows in, one verdict with its reason for each row out. */
import { toSystemName, type Alarm, type AlarmRow, type ProcessId } from './alarm.js';
import { tick } from './circuit-breaker.js';
import type { ProcessMemory } from './process-memory.js';
import type { ProcessPolicy } from './process-policy.js';
import { protection } from './protected-names.js';
import { waitForBudgetMs, type BudgetLimits, type RestartTimes } from './restart-budget.js';
import { describeWay, NO_ANSWER, obstacleTo } from './restart-plan.js';
import type { UnitState } from './unit-state.js';
import type { RestartOrder, SkipReason, Verdict } from './verdict.js';

/** Everything triage looks at; times are monotonic milliseconds. */
export interface TriageFacts {
  readonly nowMs: number;
  readonly policyFor: (processName: string) => ProcessPolicy | null;
  readonly memoryOf: (processId: ProcessId) => ProcessMemory | null;
  /** Units by the system name asked for; null: no service manager; `no_answer`: there is one, and nothing is known. */
  readonly units: ReadonlyMap<string, UnitState> | 'no_answer' | null;
  /** Processes that were in a handling or waiting for one, or owed a write-back, when the batch was read: their rows may be out of date. */
  readonly unsettledAtRead: ReadonlySet<ProcessId>;
  /** Those of them whose handling waits for a slot. */
  readonly queued: ReadonlySet<ProcessId>;
  /** Targets with a handling under way (`running`) or waiting for a slot (`queued`). */
  readonly targets: ReadonlyMap<string, 'running' | 'queued'>;
  /** Holds the whole batch back: odd time, just sighted, startup, mass alarm. */
  readonly hold: SkipReason | null;
  readonly hostRestarts: RestartTimes;
  readonly hostBudget: BudgetLimits;
  /** Nothing is to be done anywhere, only said. */
  readonly isDryRun: boolean;
}

interface Candidate {
  readonly row: AlarmRow;
  readonly alarm: Alarm;
  readonly policy: ProcessPolicy;
}

/**
 * What a restart would act on: rows with the same key share one restart. Programs of one name are told apart by what
 * the settings tell them apart by, for example `program:worker app`.
 */
export function targetKey(policy: ProcessPolicy, units: TriageFacts['units']): string {
  if (isUnknown(policy, units)) return `unknown:${policy.systemName}`;
  const unit = policy.strategy === 'process' ? undefined : knownUnit(policy, units);
  if (unit !== undefined && unit.loadState !== 'not-found') return `unit:${unit.id}`;
  const marks = [policy.user, policy.pidFile, policy.restartCommand].filter((mark) => mark !== null);
  return ['program:' + policy.systemName, ...marks].join(' ');
}

function knownUnit({ systemName }: ProcessPolicy, units: TriageFacts['units']): UnitState | undefined {
  return units === 'no_answer' ? undefined : units?.get(systemName);
}

/** Whether there is a unit behind it is not known, though it may well be. */
function isUnknown({ strategy }: ProcessPolicy, units: TriageFacts['units']): boolean {
  return units === 'no_answer' && strategy !== 'process';
}

/** One verdict for each row that is skipped, one for each restart; every row of the batch is in exactly one of them. */
export function triage(batch: readonly AlarmRow[], facts: TriageFacts): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const groups = new Map<string, Candidate[]>();
  for (const row of batch) {
    const candidate = judgeRow(row, facts);
    if ('code' in candidate) {
      verdicts.push({ kind: 'skip', row, reason: candidate });
      continue;
    }
    // A row that is only to be told about must not speak for another one of its target.
    const key = `${targetKey(candidate.policy, facts.units)}${candidate.policy.dryRun ? ' dry run' : ''}`;
    groups.set(key, [...(groups.get(key) ?? []), candidate]);
  }
  let hostRestarts = facts.hostRestarts;
  for (const group of groups.values()) {
    const judged = judgeGroup(group, { ...facts, hostRestarts });
    verdicts.push(...judged);
    // What this batch starts is taken from the host's budget before the next one is judged.
    if (judged.some(({ kind }) => kind === 'restart')) hostRestarts = [...hostRestarts, facts.nowMs];
  }
  return verdicts;
}

/** What speaks against this row alone, or the row as something that may be restarted. */
function judgeRow(row: AlarmRow, facts: TriageFacts): Candidate | SkipReason {
  const { processId, processName, notes } = row;
  if (processId === null) return { code: 'invalid_name', detail: 'process_id is NULL or no whole number' };
  if (processName === null) return { code: 'orphan' };
  const policy = facts.policyFor(processName);
  if (policy === null) {
    const isUsable = toSystemName(processName) !== null;
    return isUsable ? { code: 'unlisted' } : { code: 'invalid_name', detail: 'not the name of a unit or program' };
  }
  if (!policy.enabled) return { code: 'disabled' };
  const unit = knownUnit(policy, facts.units);
  const names = [policy.systemName, ...(unit === undefined ? [] : [unit.id, ...unit.names])];
  const guarded = protection(names, policy.allowProtected);
  if (guarded !== null) return { code: 'protected', detail: guarded };
  const memory = facts.memoryOf(processId);
  if (memory?.owed && memory.inFlight === null) return { code: 'owes_write_back' };
  if (facts.unsettledAtRead.has(processId))
    return { code: facts.queued.has(processId) ? 'waits_for_slot' : 'in_progress' };
  if (memory !== null && memory.handledMs !== null) return { code: 'recently_recovered' };
  return { row, alarm: { processId, processName, notes }, policy };
}

function judgeGroup(group: readonly Candidate[], facts: TriageFacts): readonly Verdict[] {
  const lead = group[0];
  if (lead === undefined) return [];
  const key = targetKey(lead.policy, facts.units);
  const processIds = [...new Set(group.map(({ alarm }) => alarm.processId))];
  const memories = processIds.map((id) => facts.memoryOf(id)).filter((memory) => memory !== null);
  const reason = reasonAgainst(key, lead.policy, memories, facts);
  if (reason !== null) return group.map(({ row }) => ({ kind: 'skip', row, reason }));
  const isTrial = memories.some((memory) => tick(memory.breaker, facts.nowMs).kind === 'half_open');
  const state = knownUnit(lead.policy, facts.units);
  const seen = state === undefined ? null : { state, atMs: facts.nowMs };
  const unit: RestartOrder['unit'] = isUnknown(lead.policy, facts.units) ? 'no_answer' : seen;
  const names = new Map(group.map(({ alarm }) => [alarm.processId, alarm.processName]));
  const order = { target: key, lead: lead.alarm, processIds, names, policy: lead.policy, isTrial, unit };
  return [{ kind: 'restart', order }];
}

/** The first reason not to restart this target now, in the order in which a person would want to hear them. */
function reasonAgainst(
  key: string,
  policy: ProcessPolicy,
  memories: readonly ProcessMemory[],
  facts: TriageFacts,
): SkipReason | null {
  const underWay = facts.targets.get(key);
  if (underWay === 'running' || memories.some(({ inFlight }) => inFlight !== null)) return { code: 'in_progress' };
  if (underWay === 'queued') return { code: 'waits_for_slot' };
  for (const memory of memories) {
    const reason = reasonOfMemory(memory, policy, facts.nowMs);
    if (reason !== null) return reason;
  }
  const hostWaitMs = waitForBudgetMs(facts.hostRestarts, facts.hostBudget, facts.nowMs);
  if (hostWaitMs > 0) return { code: 'budget_used_up', retryInMs: hostWaitMs, scope: 'host' };
  if (facts.hold !== null) return facts.hold;
  return facts.isDryRun || policy.dryRun ? pretend(policy, facts.units) : null;
}

function pretend(policy: ProcessPolicy, units: TriageFacts['units']): SkipReason {
  const unit = knownUnit(policy, units) ?? null;
  const obstacle = isUnknown(policy, units) ? NO_ANSWER : obstacleTo(policy, unit);
  return obstacle === null
    ? { code: 'dry_run', would: describeWay(policy, unit) }
    : { code: 'cannot_act', detail: obstacle };
}

function reasonOfMemory(memory: ProcessMemory, policy: ProcessPolicy, nowMs: number): SkipReason | null {
  const breaker = tick(memory.breaker, nowMs);
  if (breaker.kind === 'isolated') return { code: 'isolated' };
  if (breaker.kind === 'open') return { code: 'breaker_open', retryInMs: breaker.untilMs - nowMs };
  if (memory.refusal !== null && memory.refusal.untilMs > nowMs)
    return { code: 'refused', detail: memory.refusal.detail, retryInMs: memory.refusal.untilMs - nowMs };
  const waitMs = waitForBudgetMs(memory.restarts, policy.budget, nowMs);
  return waitMs > 0 ? { code: 'budget_used_up', retryInMs: waitMs, scope: 'process' } : null;
}
