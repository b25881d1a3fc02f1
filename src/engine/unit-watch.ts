/** Listens to the units of the settings: one that fails with no alarm in the table has it raised there, and the loop is told. */
import type { ProcessPolicy } from '../domain/process-policy.js';
import { targetKey } from '../domain/triage.js';
import {
  isBeingStopped,
  judgeFailure,
  judgeRowOfFailed,
  unitNamesOf,
  type RowVerdict,
} from '../domain/unit-failure.js';
import type { UnitState } from '../domain/unit-state.js';
import type { AlarmSource, KnownRow } from '../ports/alarm-source.js';
import type { AlarmWriter } from '../ports/alarm-writer.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Ownership } from '../ports/ownership.js';
import { StoreError } from '../ports/store-error.js';
import type { UnitManager, UnitStates } from '../ports/unit-manager.js';
import { QUESTION_TIMEOUT_MS } from './deps.js';
import type { Ledger } from './ledger.js';

export interface UnitWatchDeps {
  readonly clock: Clock;
  readonly units: UnitManager;
  readonly source: Pick<AlarmSource, 'rowsNamed'>;
  readonly writer: Pick<AlarmWriter, 'raise'>;
  readonly owner: Ownership;
  readonly events: EventSink;
  readonly ledger: Pick<Ledger, 'memoryOf'>;
  /** Targets with a handling, running or waiting. */
  readonly targets: () => ReadonlyMap<string, unknown>;
  /** Monotonic time before which nothing is raised: the machine has only just booted. */
  readonly graceUntilMs: () => number;
  /** There are new alarms in the table: worth a look before the next one is due. */
  readonly nudge: () => void;
  readonly onBug: (cause: unknown) => void;
}

/** What is known of a process's unit from earlier looks. */
interface Memo {
  readonly target: string;
  /** The invocation whose failure was decided on. */
  readonly decided: string | null;
  /** The invocation that was seen being stopped. */
  readonly stopped: string | null;
}

interface Failed {
  readonly policy: ProcessPolicy;
  readonly unit: UnitState;
  readonly detail: string;
}

/** Between two looks: systemd tells of one failure several times. The first look is at once. */
const SHORTEST_GAP_MS = 20;
/** After the last alarm of a batch the loop is told, so that it sees one mass alarm and not many small ones. */
const GATHER_MS = 50;
const LONGEST_GATHERING_MS = 500;
/** What was seen longer ago, because the database took its time, is looked at again. */
const FRESH_MS = 1000;

export class UnitWatch {
  readonly #deps: UnitWatchDeps;
  readonly #signal: AbortSignal;
  #policies: ReadonlyMap<string, ProcessPolicy> = new Map();
  readonly #memos = new Map<string, Memo>();
  /** Processes whose units are to be looked at as soon as may be. */
  readonly #pending = new Set<string>();
  #listening = new AbortController();
  #isWanted = false;
  #looking: Promise<void> | null = null;
  #lookedMs = -Infinity;
  #gathering: Promise<void> | null = null;
  #raisedMs = 0;

  constructor(deps: UnitWatchDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#listening.abort('over'));
  }

  /** From now on these alone; all of them are looked at once, for what has failed while nobody listened. */
  follow(policies: readonly ProcessPolicy[]): void {
    this.#listening.abort('over');
    this.#listening = new AbortController();
    this.#policies = new Map(policies.map((policy) => [policy.processName, policy]));
    this.#pending.clear();
    for (const name of this.#memos.keys()) if (!this.#policies.has(name)) this.#memos.delete(name);
    const byUnit = new Map<string, string[]>();
    for (const policy of policies) {
      this.#pending.add(policy.processName);
      for (const unit of unitNamesOf(policy)) byUnit.set(unit, [...(byUnit.get(unit) ?? []), policy.processName]);
    }
    if (this.#signal.aborted || byUnit.size === 0) return;
    const tell = (unit: string): void => {
      for (const processName of byUnit.get(unit) ?? []) this.#pending.add(processName);
      this.look();
    };
    this.#deps.units.follow([...byUnit.keys()], ({ name }) => tell(name), this.#listening.signal);
    this.look();
  }

  /** Looks at what is still to be decided; to be called when what stood in the way may be over. */
  look(): void {
    this.#isWanted = true;
    if (this.#looking === null && this.#mayDecide()) this.#looking = this.#lookInTurn().catch(this.#deps.onBug);
  }

  /** A new alarm is in the table: tells the loop, once for many. */
  nudgeSoon(): void {
    this.#raisedMs = this.#nowMs();
    this.#gathering ??= this.#gather();
  }

  /** After the signal: resolves when nothing of it runs any more. */
  async done(): Promise<void> {
    await this.#looking;
    await this.#gathering;
  }

  /** Only who owns the rows writes into them. */
  #mayDecide(): boolean {
    const { owner, graceUntilMs } = this.#deps;
    const isOver = this.#signal.aborted || this.#pending.size === 0;
    return !isOver && owner.state().kind === 'owner' && this.#nowMs() >= graceUntilMs();
  }

  async #lookInTurn(): Promise<void> {
    try {
      while (this.#isWanted && this.#mayDecide()) {
        await this.#deps.clock.sleep(this.#lookedMs + SHORTEST_GAP_MS - this.#nowMs(), this.#signal);
        this.#isWanted = false;
        this.#lookedMs = this.#nowMs();
        await this.#lookAtPending();
      }
    } finally {
      // At once: what is told from now on must find nobody looking.
      this.#looking = null;
    }
  }

  async #lookAtPending(): Promise<void> {
    const { units } = this.#deps;
    const policies = this.#take();
    if (policies.length === 0) return;
    const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal: this.#signal };
    const states = await units.describe([...new Set(policies.flatMap(unitNamesOf))], options);
    // Without systemd there is nothing to be seen, now or later.
    if (states === 'unavailable' || this.#signal.aborted) return;
    if (states === 'no_answer') this.#putBack(policies);
    else await this.#raiseAll(policies.map((policy) => this.#judge(policy, states)).filter((each) => each !== null));
  }

  /** Who is being handled is looked at when that is over. */
  #take(): readonly ProcessPolicy[] {
    const targets = this.#deps.targets();
    const taken: ProcessPolicy[] = [];
    for (const processName of this.#pending) {
      const policy = this.#policies.get(processName);
      const memo = this.#memos.get(processName);
      if (policy === undefined || (memo !== undefined && targets.has(memo.target))) continue;
      this.#pending.delete(processName);
      taken.push(policy);
    }
    return taken;
  }

  #putBack(policies: readonly ProcessPolicy[]): void {
    for (const { processName } of policies) if (this.#policies.has(processName)) this.#pending.add(processName);
  }

  /** null: nothing is to be raised, or not yet. */
  #judge(policy: ProcessPolicy, states: UnitStates): Failed | null {
    const { processName, allowProtected } = policy;
    const known = unitNamesOf(policy).map((name) => states.get(name));
    const unit = known.find((state) => state !== undefined && state.loadState !== 'not-found');
    if (unit === undefined) return null;
    const before = this.#memos.get(processName);
    const memo: Memo = {
      target: targetKey(policy, states),
      decided: before?.decided ?? null,
      stopped: isBeingStopped(unit) ? unit.invocationId : (before?.stopped ?? null),
    };
    this.#memos.set(processName, memo);
    const isHandled = this.#deps.targets().has(memo.target);
    const verdict = judgeFailure(unit, { ...memo, isHandled, allowProtected });
    if (verdict.kind === 'later') this.#putBack([policy]);
    return verdict.kind === 'failed' ? { policy, unit, detail: verdict.detail } : null;
  }

  async #raiseAll(all: readonly Failed[]): Promise<void> {
    if (all.length === 0) return;
    const undecided = new Set(all);
    try {
      const names = all.map(({ policy }) => policy.processName);
      const rows = await this.#deps.source.rowsNamed(names, this.#signal);
      for (const failed of all) {
        if (this.#nowMs() - this.#lookedMs > FRESH_MS || !this.#mayWrite()) break;
        await this.#raise(
          failed,
          rows.filter(({ processName }) => processName === failed.policy.processName),
        );
        undecided.delete(failed);
      }
      if (undecided.size > 0) this.#isWanted = true;
    } catch (cause: unknown) {
      // Remembered until the database answers: `look` is called then.
      if (!(cause instanceof StoreError)) throw cause;
    }
    this.#putBack([...undecided].map(({ policy }) => policy));
  }

  #mayWrite(): boolean {
    return !this.#signal.aborted && this.#deps.owner.state().kind === 'owner';
  }

  async #raise(failed: Failed, rows: readonly KnownRow[]): Promise<void> {
    const { policy, unit } = failed;
    if (rows.length === 0) this.#tellNotRaised(failed, 'no_row');
    for (const row of rows) await this.#raiseRow(failed, row);
    const memo = this.#memos.get(policy.processName);
    if (memo !== undefined) this.#memos.set(policy.processName, { ...memo, decided: unit.invocationId });
  }

  async #raiseRow(failed: Failed, row: KnownRow): Promise<void> {
    const { events, ledger, writer } = this.#deps;
    const { processId } = row;
    if (processId === null) return;
    const { processName } = failed.policy;
    const memory = ledger.memoryOf(processId);
    const verdict = judgeRowOfFailed({
      ...row,
      isWatched: memory?.processName === processName && (memory.watch?.untilMs ?? -Infinity) >= this.#nowMs(),
      isIsolated: memory?.breaker.kind === 'isolated',
    });
    if (verdict === 'acknowledged' || verdict === 'isolated') this.#tellNotRaised(failed, verdict);
    if (verdict !== 'raise') return;
    const result = await writer.raise(processId, this.#signal);
    if (result.kind === 'off') this.#tellNotRaised(failed, 'write_back_off');
    // Otherwise somebody was faster.
    if (result.kind !== 'raised') return;
    const { id: unit } = failed.unit;
    events.emit({ type: 'alarm.raised_by_watch', processId, processName, unit, detail: failed.detail });
    this.nudgeSoon();
  }

  #tellNotRaised({ policy, unit, detail }: Failed, reason: Reason): void {
    const { processName } = policy;
    this.#deps.events.emit({ type: 'alarm.not_raised', processName, unit: unit.id, reason, detail });
  }

  async #gather(): Promise<void> {
    const { clock, nudge } = this.#deps;
    const latestMs = this.#nowMs() + LONGEST_GATHERING_MS;
    while (!this.#signal.aborted && this.#nowMs() < latestMs) {
      const quietMs = this.#raisedMs + GATHER_MS - this.#nowMs();
      if (quietMs <= 0 && this.#looking === null) break;
      await clock.sleep(quietMs > 0 ? quietMs : SHORTEST_GAP_MS, this.#signal);
    }
    this.#gathering = null;
    nudge();
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}

type Reason = Extract<RowVerdict, 'acknowledged' | 'isolated'> | 'no_row' | 'write_back_off';
