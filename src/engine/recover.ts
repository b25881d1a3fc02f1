/** One process from the decision to the proof: attempts go round in here, one outcome comes out. */
import { fillCommand } from '../domain/command-template.js';
import { commandUnitName } from '../domain/own-unit-name.js';
import type { HandlingRef } from '../domain/event.js';
import { restartDelayMs } from '../domain/handling-time.js';
import { interruptionText, type Interruption, type RestartOutcome } from '../domain/outcome.js';
import { type Evidence, type Handling, isUntouched, NO_EVIDENCE } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { NO_ANSWER, planRestart, type RestartPlan, type Seen } from '../domain/restart-plan.js';
import type { ProcessIdentity } from '../domain/unit-state.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { HandsDeps } from './deps.js';
import { verify, type VerifyResult } from './health-check.js';
import { evidenceOf, knownPrograms, observe, othersIn, withoutOthers } from './observe.js';
import { runCommandUnit } from './run-command-unit.js';
import { runPlan, runShellLine } from './run-plan.js';
import type { StepResult } from './step.js';

/**
 * Whether the row is still in alarm and unacknowledged, and still belongs to the process of that name; `blind`: the source could not be asked; `isolated`: a person
 * holds the breaker open; `not_owner`: another monitor may act on it by now.
 */
export type Ownership = 'ours' | 'not_ours' | 'blind' | 'isolated' | 'not_owner';

export type Progress = Pick<Handling, 'attempt' | 'step' | 'stepEnded' | 'before'>;

export interface RecoveryTask {
  readonly ref: HandlingRef;
  readonly policy: ProcessPolicy;
  /** From 1; a breaker's trial has one. */
  readonly maxAttempts: number;
  /** What triage saw; used for the first attempt while it is fresh. */
  readonly unit: RestartOrder['unit'];
  readonly signal: AbortSignal;
  /** Asked right before acting. */
  readonly ownership: () => Promise<Ownership>;
  /** As much of it as can be told without asking anybody. */
  readonly standing: () => Ownership;
  /** The same question, and takes the rows up: what is raised from now on is another alarm. */
  readonly takeUp: () => Promise<Ownership>;
  /** Puts the next step on record before it is done. */
  readonly record: (progress: Progress) => Promise<void>;
  /** Takes one restart from the budget; false: it is used up. */
  readonly spend: () => boolean;
}

export interface Recovered {
  readonly outcome: RestartOutcome;
  /** What runs now, where it is well. */
  readonly evidence: Evidence;
}

interface Failure {
  readonly outcome: 'still_unhealthy' | 'command_failed';
  readonly detail: string;
}

export type AttemptResult =
  | { readonly kind: 'well'; readonly acted: boolean; readonly evidence: Evidence }
  | ({ readonly kind: 'failed'; readonly acted: boolean } & Failure)
  | { readonly kind: 'over'; readonly outcome: RestartOutcome };

const over = (outcome: RestartOutcome): Extract<AttemptResult, { kind: 'over' }> => ({ kind: 'over', outcome });

/** What was seen longer before the act is looked at once more. */
const LONGEST_CLAIM_MS = 1000;

/** Ends with exactly one outcome, whatever happens; every wait in it ends with the task's signal. */
export async function recover(deps: HandsDeps, task: RecoveryTask): Promise<Recovered> {
  const startedMs = deps.clock.monotonicMs();
  const stopped = await runPreRestart(deps, task);
  if (stopped !== null) return { outcome: stopped, evidence: NO_EVIDENCE };
  const others: ProcessIdentity[] = [];
  let acted = 0;
  let last: Failure = { outcome: 'still_unhealthy', detail: 'no attempt was made' };
  for (let attempt = 1; attempt <= task.maxAttempts; attempt += 1) {
    if (attempt > 1 && (await pause(deps, task, attempt)) === 'aborted')
      return { outcome: { kind: 'interrupted', why: 'shutdown' }, evidence: NO_EVIDENCE };
    const result = await runAttempt(deps, { ...task, others }, attempt);
    if (result.kind === 'over')
      return {
        outcome: attempt === 1 ? result.outcome : afterFailures(result.outcome, last, attempt - 1),
        evidence: NO_EVIDENCE,
      };
    if (result.kind === 'well') {
      if (result.acted) acted += 1;
      const tookMs = Math.round(deps.clock.monotonicMs() - startedMs);
      return { outcome: { kind: 'recovered', attempts: acted, tookMs }, evidence: result.evidence };
    }
    if (result.acted) acted += 1;
    last = result;
    const { maxAttempts } = task;
    deps.events.emit({ type: 'attempt.failed', ...task.ref, attempt, maxAttempts, detail: result.detail });
  }
  return { outcome: { kind: last.outcome, detail: last.detail, attempts: task.maxAttempts }, evidence: NO_EVIDENCE };
}

/**
 * A job in the way may be our own, started by an attempt whose time was up, and a budget may have been used up by the
 * attempts of this handling: neither makes the failures before it unseen.
 */
function afterFailures(outcome: RestartOutcome, last: Failure, attempts: number): RestartOutcome {
  if (outcome.kind !== 'interrupted') return outcome;
  if (outcome.why !== 'operator_at_work' && outcome.why !== 'budget_used_up') return outcome;
  const detail = `${last.detail}; no further attempt: ${interruptionText(outcome.why)}`;
  return { kind: last.outcome, attempts, detail };
}

function pause(deps: HandsDeps, { policy, signal }: RecoveryTask, attempt: number): Promise<'elapsed' | 'aborted'> {
  return deps.clock.sleep(restartDelayMs(policy, attempt), signal);
}

/** null: go on. */
async function ownershipLost(
  task: RecoveryTask,
  ask: () => Promise<Ownership> = task.ownership,
): Promise<RestartOutcome | null> {
  if (task.signal.aborted) return { kind: 'interrupted', why: 'shutdown' };
  const why = obstacleOf(await ask());
  return why === null ? null : { kind: 'interrupted', why };
}

function obstacleOf(ownership: Ownership): Interruption | null {
  if (ownership === 'ours') return null;
  return ownership === 'not_ours' ? 'no_longer_ours' : ownership;
}

/** Once per handling; its failure ends the handling and counts. null: go on. */
async function runPreRestart(deps: HandsDeps, task: RecoveryTask): Promise<RestartOutcome | null> {
  const { policy } = task;
  if (policy.preRestartCommand === null) return null;
  const lost = await ownershipLost(task);
  if (lost !== null) return lost;
  const seen = await observe(deps, policy, task.signal, task.unit);
  if (task.signal.aborted) return { kind: 'interrupted', why: 'shutdown' };
  if (seen.isUnitUnknown) return { kind: 'refused', detail: NO_ANSWER, isPassing: true };
  const plan = planRestart(policy, seen);
  if (plan.kind === 'refuse') return { ...plan, kind: 'refused' };
  const run = preRestartRun(deps, task, seen);
  if (typeof run === 'string') return { kind: 'refused', detail: `pre_restart_command: ${run}` };
  await task.record({ attempt: 0, step: 'pre_restart', stepEnded: null, before: evidenceOf(seen) });
  const why = obstacleOf(task.standing());
  return preRestartOutcome(why === null ? await run() : { kind: 'kept_back', why });
}

/** A text: why it cannot be run. */
function preRestartRun(deps: HandsDeps, task: RecoveryTask, seen: Seen): (() => Promise<StepResult>) | string {
  const { preRestartCommand: line, commandUser, systemName, processName, workingDirectory } = task.policy;
  if (line === null) return () => Promise.resolve({ kind: 'done' });
  if (commandUser !== null) {
    const unit = commandUnitName(processName, 'pre_restart');
    return () => runCommandUnit(deps, { unit, commandLine: line }, 'pre_restart', task);
  }
  const filled = fillCommand(line, { systemName, workingDirectory: seen.workingDirectory ?? workingDirectory });
  return filled.ok ? () => runShellLine(deps, filled.line, 'pre_restart', task) : filled.detail;
}

/** null: go on. */
function preRestartOutcome(result: StepResult): RestartOutcome | null {
  switch (result.kind) {
    case 'done':
      return null;
    case 'aborted':
      return { kind: 'interrupted', why: 'shutdown' };
    case 'operator_at_work':
      return { kind: 'interrupted', why: 'operator_at_work' };
    case 'kept_back':
      return { kind: 'interrupted', why: result.why };
    case 'refused':
      return result;
    case 'doubtful':
    case 'failed':
      return { kind: 'command_failed', attempts: 0, detail: result.detail };
  }
}

async function runAttempt(deps: HandsDeps, task: Attempts, attempt: number): Promise<AttemptResult> {
  const { ref, maxAttempts } = task;
  let found = await lookAndPlan(deps, task, attempt === 1 ? task.unit : null);
  if (found.kind === 'over') return found;
  const lost = await ownershipLost(task, task.takeUp);
  if (lost !== null) return over(lost);
  // The claim may have taken its time, in which somebody else has acted.
  if (deps.clock.monotonicMs() - found.seen.nowMs > LONGEST_CLAIM_MS) found = await lookAndPlan(deps, task, null);
  if (found.kind === 'over') return found;
  const { plan, seen } = found;
  if (plan.kind === 'act' && !task.spend()) return over({ kind: 'interrupted', why: 'budget_used_up' });
  deps.events.emit({ type: 'restart.attempted', ...ref, attempt, maxAttempts, how: plan.how });
  const steps = plan.kind === 'act' ? await act(deps, task, { attempt, seen, plan }) : { kind: 'done' as const };
  return judgeSteps(deps, task, { ...plan, before: evidenceOf(seen) }, steps);
}

interface Attempts extends RecoveryTask {
  /** Found by earlier attempts: programs that are not meant, for as long as they run. */
  readonly others: ProcessIdentity[];
}

interface Planned {
  readonly kind: 'planned';
  readonly seen: Seen;
  readonly plan: Extract<RestartPlan, { kind: 'act' | 'leave' }>;
}

async function lookAndPlan(
  deps: HandsDeps,
  { policy, signal, others }: Attempts,
  unit: RestartOrder['unit'],
): Promise<Planned | Extract<AttemptResult, { kind: 'over' }>> {
  const seen = withoutOthers(await observe(deps, policy, signal, unit), others);
  others.push(...othersIn(seen));
  // Cut short, a question has no answer, and that says nothing.
  if (signal.aborted) return over({ kind: 'interrupted', why: 'shutdown' });
  const plan = planRestart(policy, seen);
  if (plan.kind === 'refuse') return over({ ...plan, kind: 'refused' });
  if (plan.kind === 'yield') return over({ kind: 'interrupted', why: 'operator_at_work' });
  return { kind: 'planned', seen, plan };
}

interface AttemptFacts {
  readonly attempt: number;
  readonly seen: Seen;
  readonly plan: Extract<RestartPlan, { kind: 'act' }>;
}

function act(deps: HandsDeps, task: RecoveryTask, { attempt, seen, plan }: AttemptFacts): Promise<StepResult> {
  return runPlan(deps, plan.steps, {
    ref: task.ref,
    policy: task.policy,
    signal: task.signal,
    known: knownPrograms(seen),
    beforeStep: (step) => task.record({ attempt, step, stepEnded: null, before: evidenceOf(seen) }),
    obstacle: () => obstacleOf(task.standing()),
    afterStep: (step) => task.record({ attempt, step, stepEnded: 'well', before: evidenceOf(seen) }),
  });
}

/** What was to be done, and what ran before. */
export interface Undertaking extends Pick<Extract<RestartPlan, { kind: 'act' | 'leave' }>, 'kind' | 'check'> {
  readonly before: Evidence;
}

/**
 * What the steps have led to. A step that failed loudly ends the attempt; one that only says so is overruled by what the
 * checks see, unless they see what ran before.
 */
export async function judgeSteps(
  deps: HandsDeps,
  task: Pick<RecoveryTask, 'policy' | 'ref' | 'signal' | 'ownership'>,
  plan: Undertaking,
  steps: StepResult,
): Promise<AttemptResult> {
  const { policy, ref, signal } = task;
  switch (steps.kind) {
    case 'aborted':
      return over({ kind: 'interrupted', why: 'shutdown' });
    case 'operator_at_work':
      return over({ kind: 'interrupted', why: 'operator_at_work' });
    case 'kept_back':
      return over({ kind: 'interrupted', why: steps.why });
    case 'refused':
      return over(steps);
    case 'failed':
      return { kind: 'failed', acted: true, outcome: 'command_failed', detail: steps.detail };
    case 'doubtful':
      if (plan.check.kind === 'none' && policy.healthChecks.length === 0)
        return { kind: 'failed', acted: true, outcome: 'command_failed', detail: steps.detail };
      break;
    case 'done':
      break;
  }
  const isStillOurs = async (): Promise<boolean> => (await task.ownership()) !== 'not_ours';
  const settleTimeMs = policy.settleTimeMs;
  const verified = await verify(deps, {
    ref,
    policy,
    check: plan.check,
    settleTimeMs,
    known: null,
    signal,
    isStillOurs,
  });
  if (steps.kind === 'doubtful' && verified.kind === 'well' && isUntouched(plan.before, verified.evidence))
    return { kind: 'failed', acted: true, outcome: 'command_failed', detail: `${steps.detail}; nothing was restarted` };
  return fromVerified(verified, plan.kind === 'act', steps.kind === 'doubtful' ? `${steps.detail}; ` : '');
}

function fromVerified(verified: VerifyResult, acted: boolean, prefix: string): AttemptResult {
  switch (verified.kind) {
    case 'well':
      return { kind: 'well', acted, evidence: verified.evidence };
    case 'unwell':
      return { kind: 'failed', acted, outcome: 'still_unhealthy', detail: prefix + verified.detail };
    case 'in_doubt':
      return over({ kind: 'refused', detail: prefix + verified.detail, isPassing: true });
    case 'no_longer_ours':
      return over({ kind: 'interrupted', why: 'no_longer_ours' });
    case 'aborted':
      return over({ kind: 'interrupted', why: 'shutdown' });
  }
}
