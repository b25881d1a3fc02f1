/** Settles what an earlier run of the monitor left behind: handlings by looking, watches by going on with them. */
import type { ProcessId } from '../domain/alarm.js';
import type { RestartOutcome } from '../domain/outcome.js';
import { NO_EVIDENCE, type Handling, type ProcessMemory } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { NO_ANSWER } from '../domain/restart-plan.js';
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

export interface ResumeDeps extends RecoverAlarmDeps {
  readonly policyFor: (processName: string) => ProcessPolicy | null;
  readonly recoveries: Recoveries;
}

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
  const watches = leftovers(deps, ({ watch }) => watch?.alarmId ?? null);
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
      resumeHandling(deps, known, { handling: inFlight, claims }, signal);
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

/** The settings no longer know it, or know it as what another one is: what was begun is over, and the row is judged anew. */
function giveUp(deps: ResumeDeps, { names }: Leftover): void {
  for (const [processId, processName] of names) deps.ledger.forgetHandling({ processId, processName });
}

async function resumeHandling(
  deps: ResumeDeps,
  order: RestartOrder,
  { handling, claims }: { readonly handling: Handling; readonly claims: Claims },
  signal: AbortSignal,
): Promise<void> {
  const ref = refOf(order, handling.alarmId);
  const finding = findingOf(handling, await observe(deps, order.policy, signal));
  deps.events.emit({ type: 'handling.resumed', ...ref, finding: finding === 'not_begun' ? 'not_begun' : 'looking' });
  if (finding === 'not_begun') {
    for (const subject of subjectsOf(order)) deps.ledger.forgetHandling(subject);
    await deps.ledger.save();
    return;
  }
  // Nothing is under way that a stop would have to wait for.
  const recovered = await lookUntilDeadline(deps, order, handling, deps.draining);
  // Stopped again before anything was settled: the handling stays on record for the next run.
  if (recovered.outcome.kind === 'interrupted') return;
  await finishHandling(
    deps,
    { order, ref, startedMs: handling.startedMs, cause: 'alarm', recovered, before: null, claims },
    signal,
  );
}

/** Nothing is restarted within the handling's own time; it may only turn out well. */
async function lookUntilDeadline(
  deps: ResumeDeps,
  order: RestartOrder,
  handling: Handling,
  signal: AbortSignal,
): Promise<Recovered> {
  const { policy } = order;
  const over = (outcome: RestartOutcome): Recovered => ({ outcome, evidence: NO_EVIDENCE });
  let detail = 'the monitor was interrupted while restarting it, and nothing new runs';
  for (;;) {
    const seen = await observe(deps, policy, signal);
    if (findingOf(handling, seen) === 'restarted') {
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
        return {
          outcome: { kind: 'recovered', attempts: Math.max(handling.attempt, 1), tookMs },
          evidence: verified.evidence,
        };
      }
      if (verified.kind === 'unwell') detail = verified.detail;
    }
    if (signal.aborted) return over({ kind: 'interrupted', why: 'shutdown' });
    const isOver = deps.clock.monotonicMs() >= handling.deadlineMs;
    if (isOver && seen.isUnitUnknown) return over({ kind: 'refused', detail: NO_ANSWER, isPassing: true });
    if (isOver) return over({ kind: 'still_unhealthy', attempts: Math.max(handling.attempt, 1), detail });
    await deps.clock.sleep(policy.healthCheckIntervalMs, signal);
  }
}
