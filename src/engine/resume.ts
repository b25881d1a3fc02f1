/** Settles what an earlier run of the monitor left behind: handlings by looking, watches by going on with them. */
import type { ProcessId } from '../domain/alarm.js';
import { isCutShort, type RestartOutcome } from '../domain/outcome.js';
import { NO_EVIDENCE, type Evidence, type ProcessMemory } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { NO_ANSWER, type Seen } from '../domain/restart-plan.js';
import { checkFor, findingOf } from '../domain/resumption.js';
import { targetKey } from '../domain/triage.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { RunOptions } from '../ports/command-runner.js';
import type { UnitStates } from '../ports/unit-manager.js';
import { QUESTION_TIMEOUT_MS } from './deps.js';
import type { Claims } from './ledger.js';
import { verify } from './health-check.js';
import { observe } from './observe.js';
import type { Recovered } from './recover.js';
import { finishHandling, refOf, subjectsOf, type RecoverAlarmDeps } from './recover-alarm.js';
import type { Recoveries } from './recoveries.js';
import { goOn, ProgramJudge, type Resumed } from './resume-program.js';

export interface ResumeDeps extends RecoverAlarmDeps {
  readonly policyFor: (processName: string) => ProcessPolicy | null;
  readonly recoveries: Recoveries;
}

/** Between two looks at most. */
const LOOK_EVERY_MS = 1000;

interface Leftover {
  readonly alarmId: string;
  readonly ids: readonly ProcessId[];
  readonly names: ReadonlyMap<ProcessId, string>;
  readonly claims: Claims;
  readonly memory: ProcessMemory;
}

/**
 * Called once, after the ledger is restored and before the first cycle. Its work goes on among the recoveries. systemd
 * is asked once for all, and everything is ended at the same time: until then nothing is ready.
 */
export async function resumeAll(deps: ResumeDeps, signal: AbortSignal): Promise<void> {
  const handlings = leftovers(deps, ({ inFlight }) => inFlight?.alarmId ?? null);
  // A handling that is still under way adds its watch itself.
  const watches = leftovers(deps, ({ watch, inFlight }) => (inFlight === null ? (watch?.alarmId ?? null) : null));
  const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal };
  const [units] = await Promise.all([
    describeUnits(deps, [...handlings, ...watches], options),
    // Cut off, it may still run: beside its own repetition, with nobody to end it in time.
    ...handlings.map(({ alarmId }) => deps.runner.endScope(alarmId, options)),
  ]);
  for (const leftover of handlings) {
    const { inFlight } = leftover.memory;
    const order = orderFor(deps, leftover, units);
    if (inFlight === null) continue;
    const { claims } = leftover;
    const run = (known: RestartOrder) => (): Promise<void> =>
      resumeHandling(deps, { order: known, handling: inFlight, claims, proved: provedBy(leftover.memory) }, signal);
    const job = order && { target: order.target, processIds: order.processIds, run: run(order) };
    if (job === null || !deps.recoveries.start(job)) giveUp(deps, leftover);
  }
  for (const leftover of watches) {
    const { watch } = leftover.memory;
    const order = orderFor(deps, leftover, units);
    if (watch === null || order === null) continue;
    const task = { ref: refOf(order, watch.alarmId), subjects: subjectsOf(order), policy: order.policy };
    deps.watches.add(order.target, { ...task, evidence: watch.after, untilMs: watch.untilMs }, deps.draining);
  }
}

/** null: systemd does not run here or does not answer. */
async function describeUnits(
  deps: ResumeDeps,
  all: readonly Leftover[],
  options: RunOptions,
): Promise<UnitStates | null> {
  const policies = all.map(({ memory }) => deps.policyFor(memory.processName)).filter((policy) => policy !== null);
  const names = policies.filter(({ strategy }) => strategy !== 'process').map(({ systemName }) => systemName);
  if (names.length === 0) return new Map();
  const states = await deps.units.describe([...new Set(names)], options);
  return typeof states === 'string' ? null : states;
}

/** Processes of one handling together, as they were handled. */
function leftovers(deps: ResumeDeps, alarmIdOf: (memory: ProcessMemory) => string | null): readonly Leftover[] {
  const groups = new Map<string, Leftover>();
  for (const [id, memory] of deps.ledger.entries()) {
    const alarmId = alarmIdOf(memory);
    if (alarmId === null) continue;
    const group = groups.get(alarmId);
    groups.set(alarmId, {
      alarmId,
      ids: [...(group?.ids ?? []), id],
      names: new Map([...(group?.names ?? []), [id, memory.processName]]),
      claims: new Map([...(group?.claims ?? []), ...claimOf(id, memory)]),
      memory: group?.memory ?? memory,
    });
  }
  return [...groups.values()];
}

function claimOf(id: ProcessId, { inFlight }: ProcessMemory): readonly (readonly [ProcessId, string])[] {
  return inFlight?.claim ? [[id, inFlight.claim]] : [];
}

/** null: the settings no longer know the process. */
function orderFor(deps: ResumeDeps, { ids, names, memory }: Leftover, units: UnitStates | null): RestartOrder | null {
  const policy = deps.policyFor(memory.processName);
  const [processId] = ids;
  if (policy === null || processId === undefined) return null;
  const unit = (memory.inFlight?.before ?? memory.watch?.after)?.unit;
  // Where systemd cannot be asked, its unit of then is the best guess.
  const target = units === null && unit ? `unit:${unit.id}` : targetKey(policy, units);
  const lead = { processId, processName: memory.processName };
  return { target, lead, processIds: ids, names, policy, isTrial: memory.breaker.kind === 'half_open', unit: null };
}

/** What runs, where the handling had proved it well and only had the alarm to clear; null: it had not. */
function provedBy({ inFlight, owed, watch }: ProcessMemory): Evidence | null {
  const isProved = owed?.kind === 'clear' && owed.alarmId === inFlight?.alarmId && owed.alarmId === watch?.alarmId;
  return isProved ? watch.after : null;
}

/** The settings no longer know it, or know it as what another one is: what was begun is over, and the row is judged anew. */
function giveUp(deps: ResumeDeps, { names }: Leftover): void {
  for (const [processId, processName] of names) deps.ledger.forgetHandling({ processId, processName });
}

async function resumeHandling(deps: ResumeDeps, resumed: Resumed, signal: AbortSignal): Promise<void> {
  const { order, handling, proved } = resumed;
  const ref = refOf(order, handling.alarmId);
  const judge = new ProgramJudge(deps, resumed);
  if (proved !== null) {
    deps.events.emit({ type: 'handling.resumed', ...ref, finding: 'looking' });
    await finish(
      deps,
      resumed,
      { outcome: { kind: 'recovered', attempts: handling.attempt, tookMs: 0 }, evidence: proved },
      signal,
    );
    return;
  }
  const seen = await observe(deps, order.policy, signal);
  const isBegun = handling.step === 'stop' ? (await judge.judge(seen, signal)) !== 'not_begun' : null;
  const isNew = !(isBegun ?? findingOf(handling, seen) !== 'not_begun');
  deps.events.emit({ type: 'handling.resumed', ...ref, finding: isNew ? 'not_begun' : 'looking' });
  // Nothing is under way that a stop would have to wait for.
  const settled = isNew ? 'not_begun' : await lookUntilDeadline(deps, resumed, judge, deps.draining);
  if (settled === 'not_begun') {
    if (!isNew) deps.events.emit({ type: 'handling.resumed', ...ref, finding: 'not_begun' });
    for (const subject of subjectsOf(order)) deps.ledger.forgetHandling(subject);
    await deps.ledger.save();
    return;
  }
  const recovered = 'outcome' in settled ? settled : await goOn(deps, resumed, settled, signal);
  // Stopped again before anything was settled.
  if (isCutShort(recovered.outcome)) return;
  await finish(deps, resumed, recovered, signal);
}

async function finish(
  deps: ResumeDeps,
  { order, handling, claims }: Resumed,
  recovered: Recovered,
  signal: AbortSignal,
): Promise<void> {
  const { startedMs, alarmId, askedBy } = handling;
  const finished = { order, ref: refOf(order, alarmId), startedMs, recovered, before: null, claims };
  await finishHandling(deps, { ...finished, cause: askedBy ?? 'alarm' }, signal);
}

/**
 * Nothing is restarted within the handling's own time; it may only turn out well, or never to have begun. What is seen
 * now: what was begun with its program is to be gone on with.
 */
async function lookUntilDeadline(
  deps: ResumeDeps,
  { order, handling }: Resumed,
  judge: ProgramJudge,
  signal: AbortSignal,
): Promise<Recovered | Seen | 'not_begun'> {
  const { policy } = order;
  const over = (outcome: RestartOutcome): Recovered => ({ outcome, evidence: NO_EVIDENCE });
  const attempts = Math.max(handling.attempt, 1);
  let detail = 'the monitor was interrupted while restarting it, and nothing new runs';
  for (;;) {
    const seen = await observe(deps, policy, signal);
    const finding = findingOf(handling, seen);
    if (finding === 'restarted') {
      const verified = await verify(deps, {
        ref: refOf(order, handling.alarmId),
        policy,
        check: checkFor(seen),
        settleTimeMs: policy.settleTimeMs,
        known: null,
        signal,
        isStillOurs: () => Promise.resolve(true),
      });
      if (verified.kind === 'well') {
        const tookMs = Math.round(deps.clock.monotonicMs() - handling.startedMs);
        return { outcome: { kind: 'recovered', attempts, tookMs }, evidence: verified.evidence };
      }
      if (verified.kind === 'unwell') detail = verified.detail;
    } else {
      const program = await judge.judge(seen, signal);
      const isOurs = handling.step === 'stop' || handling.step === 'start';
      if (!signal.aborted && program === 'to_go_on') return seen;
      if (!signal.aborted && (isOurs ? program : finding) === 'not_begun') return 'not_begun';
    }
    if (signal.aborted) return over({ kind: 'interrupted', why: 'shutdown' });
    const isOver = deps.clock.monotonicMs() >= handling.deadlineMs;
    if (isOver && handling.step === 'stop') return 'not_begun';
    if (isOver && seen.isUnitUnknown) return over({ kind: 'refused', detail: NO_ANSWER, isPassing: true });
    if (isOver) return over({ kind: 'still_unhealthy', attempts, detail });
    await deps.clock.sleep(Math.min(policy.healthCheckIntervalMs, LOOK_EVERY_MS), signal);
  }
}
