/** What a dead monitor has done to a program that it stopped and started itself: told by looking, and made good. */
import { isSameProgram } from '../domain/own-check.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { NO_EVIDENCE, type Evidence, type Handling, type HandlingStep } from '../domain/process-memory.js';
import { planRestart, startStep, type OwnCheck, type RestartPlan, type Seen } from '../domain/restart-plan.js';
import { isStartOver, owesStart } from '../domain/resumption.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { Claims } from './ledger.js';
import { knownPrograms } from './observe.js';
import { judgeSteps, type AttemptResult, type Recovered } from './recover.js';
import { ownershipOf, refOf, subjectsOf, type RecoverAlarmDeps } from './recover-alarm.js';
import { runPlan } from './run-plan.js';

export interface Resumed {
  readonly order: RestartOrder;
  readonly handling: Handling;
  readonly claims: Claims;
  /** What runs, where it was proved well already; null: it was not. */
  readonly proved: Evidence | null;
}

/** `to_go_on`: we have told it to end, and nothing has been started since. `not_begun`: the row may be handled as if new. */
export type ProgramFinding = 'not_begun' | 'to_go_on' | 'unsure';

type Refusal = Extract<RestartPlan, { kind: 'refuse' }>;

/** A start that has left nothing for so long will not leave anything any more. */
const NOTHING_CAME_MS = 1000;

export class ProgramJudge {
  private readonly deps: RecoverAlarmDeps;
  private readonly resumed: Resumed;
  private readonly sinceMs: number;
  private nothingSinceMs: number | null = null;

  constructor(deps: RecoverAlarmDeps, resumed: Resumed) {
    this.deps = deps;
    this.resumed = resumed;
    this.sinceMs = deps.clock.monotonicMs();
  }

  /** Asked again and again while it is unsure; `seen`: now. */
  async judge(seen: Seen, signal: AbortSignal): Promise<ProgramFinding> {
    const { step } = this.resumed.handling;
    if (seen.isUnitUnknown || seen.programs.doubt !== undefined) return 'unsure';
    if (step === 'stop') return this.afterStop(seen, signal);
    return step === 'start' ? this.afterStart(seen) : 'unsure';
  }

  /** What was told to end may still do so: where the row is ours no more, that is waited for. */
  private async afterStop({ programs }: Seen, signal: AbortSignal): Promise<ProgramFinding> {
    const { order, handling } = this.resumed;
    if (programs.roots.length === 0) return this.nothingRuns();
    const isOld = programs.roots.some(({ identity }) =>
      handling.before.processes.some((old) => isSameProgram(old, identity)),
    );
    if (!isOld) return 'not_begun';
    const isAlarm = handling.askedBy === null;
    if (isAlarm && (await ownershipOf(this.deps, order, signal)) === 'ours') return 'to_go_on';
    return this.nowMs() - this.sinceMs < order.policy.stopTimeoutMs ? 'unsure' : 'not_begun';
  }

  private async afterStart(seen: Seen): Promise<ProgramFinding> {
    const { table } = this.deps;
    if (!isStartOver(seen, await table.list(), table.ownPid)) {
      this.nothingSinceMs = null;
      return 'unsure';
    }
    this.nothingSinceMs ??= this.nowMs();
    return this.nowMs() - this.nothingSinceMs < NOTHING_CAME_MS ? 'unsure' : this.nothingRuns();
  }

  private async nothingRuns(): Promise<ProgramFinding> {
    const { deps, resumed } = this;
    if (!owesStart(resumed.handling, await deps.table.list())) return 'not_begun';
    // Whoever owns the rows by now may be starting it.
    return deps.owner.state().kind === 'owner' ? 'to_go_on' : 'unsure';
  }

  private nowMs(): number {
    return this.deps.clock.monotonicMs();
  }
}

/**
 * Goes on under the same alarm and the same attempt: starts the program that the handling has stopped, whatever has
 * become of its row, or stops and starts the one that has not ended yet; and proves it well.
 */
export async function goOn(
  deps: RecoverAlarmDeps,
  { order, handling, claims }: Resumed,
  seen: Seen,
  signal: AbortSignal,
): Promise<Recovered> {
  const { policy } = order;
  const startedMs = deps.clock.monotonicMs();
  const plan = planOf(policy, seen);
  if (plan.kind === 'refuse') return over({ ...plan, kind: 'refused' });
  // It may have been started and have ended since: that counts. Used up or not, what we have stopped is started.
  if (handling.step === 'start') deps.ledger.spend(subjectsOf(order), policy.budget);
  const beforeStep = (step: HandlingStep): Promise<void> =>
    deps.ledger.recordHandling(subjectsOf(order), { ...handling, step, stepEnded: null }, claims);
  const ref = refOf(order, handling.alarmId);
  const { maxAttempts } = policy;
  const how = `the monitor was killed after it had told ${policy.systemName} to end: go on`;
  deps.events.emit({ type: 'restart.attempted', ...ref, attempt: handling.attempt, maxAttempts, how });
  const context = { ref, policy, signal, known: knownPrograms(seen), beforeStep, afterStep: beforeStep };
  const steps = await runPlan(deps, plan.steps, { ...context, obstacle: () => null });
  const task = { policy, ref, signal, ownership: () => Promise.resolve('ours' as const) };
  const result = await judgeSteps(deps, task, { kind: 'act', check: plan.check, before: NO_EVIDENCE }, steps);
  return recoveredBy(result, handling, deps.clock.monotonicMs() - startedMs);
}

function planOf(
  policy: ProcessPolicy,
  seen: Seen,
): Pick<RestartPlan & { kind: 'act' }, 'kind' | 'steps' | 'check'> | Refusal {
  if (seen.programs.roots.length === 0) {
    const step = startStep(policy, seen);
    if (step.kind === 'refuse') return step;
    const check: OwnCheck = step.kind === 'start' ? { kind: 'program' } : { kind: 'unit', unit: step.unit };
    return { kind: 'act', steps: [step], check };
  }
  const plan = planRestart(policy, seen);
  return plan.kind === 'act' || plan.kind === 'refuse' ? plan : { kind: 'refuse', detail: plan.kind, isPassing: true };
}

function recoveredBy(result: AttemptResult, { attempt }: Handling, ms: number): Recovered {
  switch (result.kind) {
    case 'well':
      return { outcome: { kind: 'recovered', attempts: attempt, tookMs: Math.round(ms) }, evidence: result.evidence };
    case 'failed':
      return over({ kind: result.outcome, attempts: attempt, detail: result.detail });
    case 'over':
      return over(result.outcome);
  }
}

function over(outcome: Recovered['outcome']): Recovered {
  return { outcome, evidence: NO_EVIDENCE };
}
