/** The monitor's memory between cycles: the one writer of breakers, budgets, handlings under way and debts. */
import { parseProcessId, type NamedRow, type ProcessId } from '../domain/alarm.js';
import { CLOSED, tick, type BreakerState } from '../domain/circuit-breaker.js';
import type { MonitorEvent } from '../domain/event.js';
import type { RestartOutcome } from '../domain/outcome.js';
import * as memories from '../domain/process-memory.js';
import type { Debt, Handling, ProcessMemory } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { spend, waitForBudgetMs, type BudgetLimits, type RestartTimes } from '../domain/restart-budget.js';
import type { StoredState } from '../domain/stored-state.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { SaveResult, StateView } from '../ports/state-store.js';
import { LONGEST_WINDOW_MS, Remembered, type MemoryKind } from './remembered.js';

export interface LedgerDeps {
  readonly clock: Clock;
  readonly events: EventSink;
  /** Makes the memory durable as it is then. */
  readonly save: (state: StateView) => Promise<SaveResult>;
  readonly hostBudget: BudgetLimits;
  /** Part of each process's key, so that one memory file never mixes two hosts. */
  readonly hostId: number | null;
}

/** A process as the ledger is asked about it: its id, and its name for the events. */
export interface Subject {
  readonly processId: ProcessId;
  readonly processName: string;
}

/** What the rows of each process were like when they were taken up; those that could not be marked are not in it. */
export type Claims = ReadonlyMap<ProcessId, string>;

/** Whether the row still belongs to the process: an id may have been given to another one, or a process been renamed. */
export function isOf(row: NamedRow, { processId, processName }: Subject): boolean {
  return row.processId === processId && row.processName === processName;
}

export class Ledger {
  private readonly deps: LedgerDeps;
  private readonly remembered: Remembered;
  private isUnsaved = false;
  private doubtful = new Set<ProcessId>();
  private readonly clearedIds = new Set<ProcessId>();

  constructor(deps: LedgerDeps) {
    const { clock, hostBudget, hostId } = deps;
    this.deps = deps;
    this.remembered = new Remembered({
      now: () => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }),
      hostBudget,
      keyOf: (processId) => (hostId === null ? String(processId) : `${hostId}:${processId}`),
    });
  }

  /** Takes over what an earlier run has stored; keys of another host are left out. */
  restore(stored: StoredState): void {
    this.remembered.restore(stored, (key) => this.idOf(key));
  }

  memoryOf(processId: ProcessId): ProcessMemory | null {
    return this.remembered.get(processId);
  }

  entries(): readonly (readonly [ProcessId, ProcessMemory])[] {
    return this.remembered.entries();
  }

  /** Processes with a handling under way or a write-back owed: their rows cannot be taken at their word. */
  unsettled(): readonly ProcessId[] {
    return this.remembered.idsOf('unsettled');
  }

  /**
   * Processes whose rows cannot be taken at their word by who begins to read now: unsettled ones, those `beside`, and
   * whatever is settled while the answer is on its way.
   */
  beginLook(beside: Iterable<ProcessId>): ReadonlySet<ProcessId> {
    this.doubtful = new Set([...this.unsettled(), ...beside]);
    return this.doubtful;
  }

  /** Processes with a write-back owed. */
  owing(): readonly Subject[] {
    return this.subjectsOf('owing');
  }

  hostRestarts(): RestartTimes {
    return this.remembered.hostTimes;
  }

  get hostBudget(): BudgetLimits {
    return this.remembered.hostBudget;
  }

  /** The host's budget from now on; what was spent counts on. */
  setHostBudget(limits: BudgetLimits): void {
    this.remembered.hostBudget = limits;
  }

  /** A handling begins or goes on to its next step; durable when it resolves. */
  async recordHandling(subjects: readonly Subject[], handling: Omit<Handling, 'claim'>, claims: Claims): Promise<void> {
    for (const subject of subjects) {
      const claim = claims.get(subject.processId) ?? null;
      this.change(subject, (memory) => ({ ...memory, inFlight: { ...handling, claim } }));
    }
    await this.save();
  }

  /** Takes one restart from the process's and the host's budget; false: one of them is used up and nothing was taken. */
  spend(subjects: readonly Subject[], limits: BudgetLimits): boolean {
    const nowMs = this.nowMs();
    const mayNot = subjects.some(({ processId }) => {
      const times = this.memoryOf(processId)?.restarts ?? [];
      return waitForBudgetMs(times, limits, nowMs) > 0;
    });
    if (mayNot || waitForBudgetMs(this.hostRestarts(), this.hostBudget, nowMs) > 0) return false;
    for (const subject of subjects)
      this.change(subject, (memory) => ({ ...memory, restarts: spend(memory.restarts, limits, nowMs) }));
    this.remembered.spendOfHost(nowMs);
    return true;
  }

  /** The breaker's one vote for a handling, or the watch that will give it. */
  settle(subjects: readonly Subject[], outcome: RestartOutcome, after: memories.Settlement): void {
    for (const { processId } of subjects) this.doubtful.add(processId);
    for (const subject of subjects)
      this.change(subject, (memory) => memories.settled(memory, outcome, after, this.nowMs()), after.policy);
  }

  /** Its handling, still under way, has proved it well: what is left of it is to clear the alarm, and to watch. */
  proved(subject: Subject, debt: Debt, watch: memories.Watch): void {
    this.change(subject, (memory) => ({ ...memory, owed: debt, watch }));
  }

  owe(subject: Subject, debt: Debt): void {
    this.change(subject, (memory) => ({ ...memory, owed: debt }));
  }

  /** The source says what it should: nothing is owed any more. */
  paid(subject: Subject): void {
    this.change(subject, (memory) => ({ ...memory, owed: null }));
  }

  /** Its row belongs to another name now: what was begun, watched or owed for this alarm is over. */
  disown(subject: Subject, alarmId: string): void {
    const unless = <T extends { readonly alarmId: string }>(of: T | null): T | null =>
      of?.alarmId === alarmId ? null : of;
    this.change(subject, (memory) => {
      const { inFlight, owed, watch } = memory;
      return { ...memory, inFlight: unless(inFlight), owed: unless(owed), watch: unless(watch) };
    });
  }

  /** We have cleared its alarm: its row will be gone without anybody else's doing. */
  cleared({ processId }: Subject): void {
    this.clearedIds.add(processId);
  }

  /** Whether it was we who cleared its alarm; asked once. */
  takeCleared(processId: ProcessId): boolean {
    return this.clearedIds.delete(processId);
  }

  /** Recovered, and nobody but the source may clear the alarm. */
  handled(subject: Subject): void {
    this.change(subject, (memory) => ({ ...memory, handledMs: this.nowMs() }));
  }

  /** A new alarm may count again where the source has cleared the handled one, or its row belongs to another name now. false: there is none. */
  forgetHandledExcept(alarmed: readonly NamedRow[]): boolean {
    const handled = this.subjectsOf('handled');
    if (handled.length === 0) return false;
    const rows = new Map<ProcessId | null, NamedRow[]>();
    for (const row of alarmed) rows.set(row.processId, [...(rows.get(row.processId) ?? []), row]);
    const over = handled.filter((subject) => !rows.get(subject.processId)?.some((row) => isOf(row, subject)));
    for (const subject of over) this.change(subject, (memory) => ({ ...memory, handledMs: null }));
    return over.length > 0;
  }

  stabilise(subject: Subject, policy: ProcessPolicy): void {
    this.change(subject, (memory) => memories.stabilised(memory), policy);
  }

  relapse(subject: Subject, policy: ProcessPolicy): void {
    this.change(subject, (memory) => memories.relapsed(memory, policy, this.nowMs()), policy);
  }

  /** A handling is over without a result: the row is handled as if new. */
  forgetHandling(subject: Subject): void {
    this.change(subject, (memory) => ({ ...memory, inFlight: null }));
  }

  /** The watch ends without a vote: a person has stopped or restarted the process. */
  endWatch(subject: Subject): void {
    this.change(subject, (memory) => ({ ...memory, watch: null }));
  }

  /** A person holds the breaker open, or lets it go with all counters at zero. */
  setByPerson(subject: Subject, wish: 'isolate' | 'reset'): void {
    const breaker: BreakerState = wish === 'isolate' ? { kind: 'isolated' } : CLOSED;
    this.change(
      subject,
      (memory) => (wish === 'isolate' ? { ...memory, breaker } : { ...memory, breaker, restarts: [], refusal: null }),
      undefined,
      'person',
    );
  }

  /** Open breakers whose time is over become half-open; says so by event. */
  tickBreakers(): void {
    for (const subject of this.subjectsOf('open')) this.tickBreaker(subject);
  }

  /** Makes the memory durable; a failure is told once, and the monitor goes on with what it has in memory. */
  async save(): Promise<void> {
    const result = await this.deps.save(this.remembered);
    if (result.kind === 'failed' && !this.isUnsaved)
      this.deps.events.emit({ type: 'state.unsaved', detail: result.detail });
    if (result.kind === 'saved' && this.isUnsaved) this.deps.events.emit({ type: 'state.saved_again' });
    this.isUnsaved = result.kind === 'failed';
  }

  /** The same at the end: in one piece, as any program of this version reads it. */
  async close(): Promise<void> {
    this.remembered.askForWhole();
    await this.save();
  }

  private subjectsOf(kind: MemoryKind): readonly Subject[] {
    return this.remembered.idsOf(kind).flatMap((processId) => {
      const memory = this.memoryOf(processId);
      return memory === null ? [] : [{ processId, processName: memory.processName }];
    });
  }

  private tickBreaker(subject: Subject): void {
    const memory = this.memoryOf(subject.processId);
    if (memory === null) return;
    const breaker = tick(memory.breaker, this.nowMs());
    if (breaker === memory.breaker) return;
    this.deps.events.emit(this.breakerEvent(subject, memory.breaker, breaker, 'time'));
    this.remembered.set(subject.processId, { ...memory, breaker });
  }

  private change(
    { processId, processName }: Subject,
    transition: (memory: ProcessMemory) => ProcessMemory,
    policy?: ProcessPolicy,
    by: 'result' | 'person' = 'result',
  ): void {
    // Its time may have ended since the cycle began: what happens now comes after that, and is told after it.
    this.tickBreaker({ processId, processName });
    const before = this.memoryOf(processId) ?? memories.newMemory(processName);
    const after = transition(before);
    const isNews = before.breaker.kind !== after.breaker.kind || by === 'person';
    if (isNews) this.deps.events.emit(this.breakerEvent({ processId, processName }, before.breaker, after.breaker, by));
    const isGone = memories.isBlank(after, this.nowMs(), policy?.budget.windowMs ?? LONGEST_WINDOW_MS);
    this.remembered.set(processId, isGone ? null : { ...after, processName });
  }

  private breakerEvent(
    subject: Subject,
    from: BreakerState,
    to: BreakerState,
    by: 'result' | 'time' | 'person',
  ): MonitorEvent {
    const retryInMs = to.kind === 'open' ? to.untilMs - this.nowMs() : null;
    return { type: 'breaker.changed', ...subject, from, to, retryInMs, by };
  }

  private nowMs(): number {
    return this.deps.clock.monotonicMs();
  }

  private idOf(key: string): ProcessId | null {
    const prefix = this.deps.hostId === null ? '' : `${this.deps.hostId}:`;
    const digits = key.startsWith(prefix) ? key.slice(prefix.length) : '';
    return parseProcessId(digits);
  }
}
