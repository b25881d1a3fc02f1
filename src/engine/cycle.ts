/** One pass: look, decide, hand over. It ends without waiting for the recoveries that it starts. */
import type { AlarmRow, ProcessId } from '../domain/alarm.js';
import { brakeAfterLook, mayBeMassAlarm, type BrakeLimits, type BrakeState } from '../domain/mass-alarm-brake.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { triage, type TriageFacts } from '../domain/triage.js';
import { isForeign, type RestartOrder, type SkipReason, type Verdict } from '../domain/verdict.js';
import type { AlarmSource } from '../ports/alarm-source.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { UnitManager } from '../ports/unit-manager.js';
import { QUESTION_TIMEOUT_MS } from './deps.js';
import type { Ledger } from './ledger.js';
import type { Recoveries } from './recoveries.js';
import type { Sightings } from './sightings.js';

export interface CycleDeps {
  readonly clock: Clock;
  readonly source: AlarmSource;
  readonly units: UnitManager;
  readonly ledger: Ledger;
  readonly recoveries: Pick<Recoveries, 'targets' | 'processIds' | 'queuedIds'>;
  readonly sightings: Sightings;
  readonly events: EventSink;
  readonly policyFor: (processName: string) => ProcessPolicy | null;
  readonly brakeLimits: BrakeLimits;
  readonly isDryRun: boolean;
  /** Hands an order to the recoveries; does not wait for it. false: not taken, the next look decides anew. */
  readonly handOver: (order: RestartOrder) => boolean;
}

/** What one pass leaves for the next. */
export interface CycleMemory {
  readonly brake: BrakeState;
}

/** Throws `StoreError` where the source does not answer; then nothing was decided. `hold` keeps every restart back. */
export async function runCycle(
  deps: CycleDeps,
  memory: CycleMemory,
  hold: SkipReason | null,
  signal: AbortSignal,
): Promise<CycleMemory> {
  const startedMs = deps.clock.monotonicMs();
  deps.ledger.tickBreakers();
  // Asked before the batch is read, and growing with what is settled since: a handling that ends meanwhile must not be
  // taken for a new alarm.
  const unsettledAtRead = deps.ledger.beginLook(deps.recoveries.processIds());
  const batch = await deps.source.alarmed(signal);
  const { brake, reason } = await applyBrake(deps, memory.brake, batch, signal);
  const found = noteSightings(deps, batch, unsettledAtRead);
  const isChanged = deps.ledger.forgetHandledExcept(batch);
  const hasRelapsed = !deps.isDryRun && countRelapses(deps, batch, unsettledAtRead);
  // Seen now; whoever comes after us could not see it any more.
  if (isChanged || hasRelapsed) await deps.ledger.save();
  const told = await judgeBatch(deps, { batch, found, unsettledAtRead, hold: hold ?? reason }, signal);
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
  deps.events.emit({ type: 'cycle.completed', alarmed: batch.length, ...told, durationMs });
  return { brake };
}

async function applyBrake(
  deps: CycleDeps,
  before: BrakeState,
  batch: readonly AlarmRow[],
  signal: AbortSignal,
): Promise<{ brake: BrakeState; reason: SkipReason | null }> {
  const alarmed = new Set(batch.map(({ processId }) => processId)).size;
  const isWorthCounting = mayBeMassAlarm(alarmed, deps.brakeLimits);
  const known = isWorthCounting ? await deps.source.countProcesses(signal) : 0;
  const brake = isWorthCounting ? brakeAfterLook(before, alarmed, known, deps.brakeLimits) : 'released';
  if (brake === 'held') deps.events.emit({ type: 'brake.applied', alarmed, known });
  if (before === 'held') deps.events.emit({ type: 'brake.released', alarmed, confirmed: brake === 'confirmed' });
  return { brake, reason: brake === 'held' ? { code: 'mass_alarm', alarmed, known } : null };
}

/** Returns the rows that were not there at the last look. */
function noteSightings(
  deps: CycleDeps,
  batch: readonly AlarmRow[],
  unsettledAtRead: ReadonlySet<ProcessId>,
): readonly AlarmRow[] {
  const { found, gone } = deps.sightings.update(batch);
  const alarmed = new Set(batch.map(({ processId }) => processId).filter((id) => id !== null));
  // An alarm that is back again is no longer the one that we have cleared.
  for (const processId of alarmed) if (!unsettledAtRead.has(processId)) deps.ledger.takeCleared(processId);
  for (const { processId, processName } of gone) {
    const isOurDoing = processId !== null && !alarmed.has(processId) && deps.ledger.takeCleared(processId);
    if (!isOurDoing) deps.events.emit({ type: 'alarm.gone', processId, processName });
  }
  return found;
}

/** A row that is none of our business is told once, by the reason for leaving it alone. */
function tellFound(deps: CycleDeps, found: readonly AlarmRow[], verdicts: readonly Verdict[]): void {
  const foreign = new Set<AlarmRow>();
  for (const verdict of verdicts) if (verdict.kind === 'skip' && isForeign(verdict.reason)) foreign.add(verdict.row);
  for (const row of found) if (!foreign.has(row)) deps.events.emit({ type: 'alarm.found', row });
}

/** An alarm that returns inside the stable period is the same failure going on: it counts before triage looks. true: one did. */
function countRelapses(deps: CycleDeps, batch: readonly AlarmRow[], unsettledAtRead: ReadonlySet<ProcessId>): boolean {
  let hasRelapsed = false;
  for (const { processId, processName } of batch) {
    if (processId === null || processName === null || unsettledAtRead.has(processId)) continue;
    const memory = deps.ledger.memoryOf(processId);
    const policy = deps.policyFor(processName);
    if (policy === null || memory === null || memory.watch === null) continue;
    // Watched under another name: it is not this one's alarm that was cleared.
    if (memory.processName !== processName) continue;
    if (memory.handledMs !== null || memory.inFlight !== null) continue;
    if (memory.watch.untilMs < deps.clock.monotonicMs()) continue;
    deps.ledger.relapse({ processId, processName }, policy);
    hasRelapsed = true;
    const ref = { alarmId: memory.watch.alarmId, processId, processName };
    deps.events.emit({ type: 'process.relapsed', ...ref, detail: 'its alarm returned inside its stable period' });
  }
  return hasRelapsed;
}

interface Looked extends Pick<TriageFacts, 'unsettledAtRead' | 'hold'> {
  readonly batch: readonly AlarmRow[];
  readonly found: readonly AlarmRow[];
}

interface Told {
  readonly started: number;
  readonly skipped: number;
}

/** What systemd has no say in is decided before it is asked: it may take its time, or not answer at all. */
async function judgeBatch(deps: CycleDeps, looked: Looked, signal: AbortSignal): Promise<Told> {
  if (looked.batch.length === 0) return { started: 0, skipped: 0 };
  const names = unitNames(deps, looked);
  const isUnits = ({ processId, processName }: AlarmRow): boolean => {
    if (processId !== null && looked.unsettledAtRead.has(processId)) return false;
    const policy = processName === null ? null : deps.policyFor(processName);
    return policy !== null && names.has(policy.systemName);
  };
  // Told apart once: what is settled while systemd is asked would fall out of both parts.
  const ofUnits = new Set(looked.batch.filter(isUnits));
  const { hold, unsettledAtRead } = looked;
  const hostRestarts = deps.ledger.hostRestarts();
  const nowMs = deps.clock.monotonicMs();
  const judge = (isPart: (row: AlarmRow) => boolean, facts: Pick<TriageFacts, 'units' | 'hostRestarts'>): Told => {
    const verdicts = triage(looked.batch.filter(isPart), factsFor(deps, { hold, unsettledAtRead, ...facts }));
    tellFound(deps, looked.found.filter(isPart), verdicts);
    return tell(deps, verdicts);
  };
  const first = judge((row) => !ofUnits.has(row), { units: new Map(), hostRestarts });
  if (names.size === 0) return first;
  const units = await deps.units.describe([...names], { timeoutMs: QUESTION_TIMEOUT_MS, signal });
  const startedNow = Array.from({ length: first.started }, () => nowMs);
  const second = judge((row) => ofUnits.has(row), {
    units: units === 'unavailable' ? null : units,
    hostRestarts: [...hostRestarts, ...startedNow],
  });
  return { started: first.started + second.started, skipped: first.skipped + second.skipped };
}

/**
 * Names that systemd is to be asked for, all in one question. Of what is under way already it has nothing to say: in a storm
 * these are nearly all of the batch, at each look.
 */
function unitNames(deps: CycleDeps, { batch, unsettledAtRead }: Looked): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { processId, processName } of batch) {
    if (processId !== null && unsettledAtRead.has(processId)) continue;
    const policy = processName === null ? null : deps.policyFor(processName);
    if (policy?.enabled === true && policy.strategy !== 'process') names.add(policy.systemName);
  }
  return names;
}

function factsFor(
  deps: CycleDeps,
  looked: Pick<TriageFacts, 'unsettledAtRead' | 'units' | 'hold' | 'hostRestarts'>,
): TriageFacts {
  return {
    ...looked,
    nowMs: deps.clock.monotonicMs(),
    policyFor: deps.policyFor,
    memoryOf: (processId) => deps.ledger.memoryOf(processId),
    queued: deps.recoveries.queuedIds(),
    targets: deps.recoveries.targets(),
    hostBudget: deps.ledger.hostBudget,
    isDryRun: deps.isDryRun,
  };
}

/** Returns how many restarts were handed over and how many rows were left alone. */
function tell(deps: CycleDeps, verdicts: readonly Verdict[]): Told {
  let started = 0;
  for (const verdict of verdicts) {
    if (verdict.kind === 'skip') {
      const { row, reason } = verdict;
      if (deps.sightings.isNews(row, reason.code)) deps.events.emit({ type: 'alarm.skipped', row, reason });
      continue;
    }
    if (!deps.handOver(verdict.order)) continue;
    started += 1;
    deps.sightings.noteHandling(verdict.order.lead);
  }
  return { started, skipped: verdicts.length - started };
}
