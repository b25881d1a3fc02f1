/** Listens to the units of the settings: one that fails with no alarm in the table has it raised there, and the loop is told. */
import type { ProcessPolicy } from '../domain/process-policy.js';
import { targetKey } from '../domain/triage.js';
import { isBeingStopped, judgeFailure, unitNamesOf } from '../domain/unit-failure.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { AlarmSource, KnownRow } from '../ports/alarm-source.js';
import type { AlarmWriter } from '../ports/alarm-writer.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Ownership } from '../ports/ownership.js';
import { StoreError } from '../ports/store-error.js';
import type { UnitManager, UnitStates } from '../ports/unit-manager.js';
import { QUESTION_TIMEOUT_MS } from './deps.js';
import { GatheredNudge } from './gathered-nudge.js';
import { HeldFailures } from './held-failures.js';
import type { Ledger } from './ledger.js';
import { UnitRaises, type Failed } from './unit-raises.js';

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

/** Between two looks: systemd tells of one failure several times. The first look is at once. */
const SHORTEST_GAP_MS = 20;
/** What was seen longer ago, because the database took its time, is looked at again. */
const FRESH_MS = 1000;
/** Before it is looked at again: what was slow will be slow. */
const PAUSE_MS = 500;

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
  /** When systemd has answered last. */
  #answeredMs = -Infinity;
  /** Targets whose handling has begun since systemd was asked last; it may be over already. */
  readonly #handled = new Set<string>();
  readonly #pauses = new Set<Promise<void>>();
  readonly #nudge: GatheredNudge;
  readonly #raises: UnitRaises;
  readonly #held: HeldFailures;

  constructor(deps: UnitWatchDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    const { clock, nudge } = deps;
    this.#nudge = new GatheredNudge({ clock, nudge, isBusy: () => this.#looking !== null }, signal);
    this.#raises = new UnitRaises({ ...deps, onRaised: () => this.nudgeSoon() }, signal);
    this.#held = new HeldFailures(deps);
    signal.addEventListener('abort', () => this.#listening.abort('over'));
  }

  /** From now on these alone; all of them are looked at once, for what has failed while nobody listened. */
  follow(policies: readonly ProcessPolicy[]): void {
    this.#listening.abort('over');
    this.#listening = new AbortController();
    this.#policies = new Map(policies.map((policy) => [policy.processName, policy]));
    this.#pending.clear();
    for (const name of this.#memos.keys()) if (!this.#policies.has(name)) this.#forget(name);
    const byUnit = new Map<string, string[]>();
    for (const policy of policies) {
      this.#pending.add(policy.processName);
      for (const unit of unitNamesOf(policy)) byUnit.set(unit, [...(byUnit.get(unit) ?? []), policy.processName]);
    }
    if (this.#signal.aborted || byUnit.size === 0) return;
    const tell = (unit: string): void => {
      for (const processName of byUnit.get(unit) ?? []) this.#pending.add(processName);
      this.#lookSoon();
    };
    this.#deps.units.follow([...byUnit.keys()], ({ name }) => tell(name), this.#listening.signal);
    this.#lookSoon();
  }

  /** To be called after each look of the loop that was not blind: what stood in the way of a decision may be over. */
  look(): void {
    this.#raises.forgetEnded();
    for (const processName of this.#held.due()) this.#pending.add(processName);
    this.#lookSoon();
  }

  /** As `handOver`, without orders that lack a row raised meanwhile: they are found again in a moment, whole. */
  unlessIncomplete(handOver: (order: RestartOrder) => boolean): (order: RestartOrder) => boolean {
    return (order) => {
      if (!this.#raises.areMissingIn(order)) return handOver(order);
      this.nudgeSoon();
      return false;
    };
  }

  /** What `read` says of the table, with all that is being raised for its unit. */
  readWhole(read: () => Promise<RestartOrder>): Promise<RestartOrder> {
    return this.#raises.readWhole(read);
  }

  /** A handling of this target begins: what was seen of its unit before says nothing any more. */
  noteHandling(target: string): void {
    if (this.#looking !== null) this.#handled.add(target);
  }

  /** A new alarm is in the table: tells the loop, once for many. */
  nudgeSoon(): void {
    this.#nudge.soon();
  }

  /** After the signal: resolves when nothing of it runs any more. */
  async done(): Promise<void> {
    await this.#looking;
    await Promise.all(this.#pauses);
    await this.#nudge.done();
  }

  #lookSoon(): void {
    this.#isWanted = true;
    if (this.#looking === null && this.#mayDecide()) this.#looking = this.#lookInTurn().catch(this.#deps.onBug);
  }

  /** Not before, unless systemd tells of them meanwhile. */
  #putBackLater(policies: readonly ProcessPolicy[]): void {
    if (policies.length === 0) return;
    const pause = this.#deps.clock.sleep(PAUSE_MS, this.#signal).then(() => {
      this.#pauses.delete(pause);
      this.#putBack(policies);
      this.#lookSoon();
    });
    this.#pauses.add(pause);
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
    let failed = await this.#findFailed(this.#take());
    if (failed.length === 0) return;
    const seen = new Map(failed.map(({ policy, unit }) => [policy, unit.invocationId]));
    const open = new Set(seen.keys());
    try {
      const names = failed.map(({ policy }) => policy.processName);
      const rows = await this.#deps.source.rowsNamed(names, this.#signal);
      // What has come back meanwhile is not raised. Asked once more and no oftener: it may be systemd who takes his time.
      if (!this.#isFresh()) {
        open.clear();
        failed = await this.#findFailed([...seen.keys()]);
        for (const { policy } of failed) open.add(policy);
      }
      for (const each of failed) {
        const isSame = seen.get(each.policy) === each.unit.invocationId;
        if (isSame && (await this.#raise(each, rows))) open.delete(each.policy);
      }
      this.#putBackLater([...open]);
    } catch (cause: unknown) {
      if (!(cause instanceof StoreError)) throw cause;
      // Remembered until the database answers: `look` is called then.
      this.#putBack([...open]);
    }
  }

  async #findFailed(policies: readonly ProcessPolicy[]): Promise<readonly Failed[]> {
    if (policies.length === 0) return [];
    this.#handled.clear();
    const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal: this.#signal };
    const states = await this.#deps.units.describe([...new Set(policies.flatMap(unitNamesOf))], options);
    this.#answeredMs = this.#nowMs();
    if (states === 'no_answer') this.#putBack(policies);
    // Without systemd there is nothing to be seen, now or later.
    if (typeof states === 'string' || this.#signal.aborted) return [];
    return policies.map((policy) => this.#judge(policy, states)).filter((each) => each !== null);
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
      this.#held.release(processName);
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
    const target = targetKey(policy, states);
    const memo: Memo = {
      target,
      decided: before?.decided ?? null,
      stopped: isBeingStopped(unit) ? unit.invocationId : (before?.stopped ?? null),
    };
    this.#memos.set(processName, memo);
    const verdict = judgeFailure(unit, { ...memo, isHandled: this.#isHandled(target), allowProtected });
    if (verdict.kind === 'later') this.#putBack([policy]);
    return verdict.kind === 'failed' ? { policy, unit, target, detail: verdict.detail } : null;
  }

  /** false: not all of it can be judged by what was seen. */
  async #raise(failed: Failed, rows: readonly KnownRow[]): Promise<boolean> {
    const { policy, unit, target } = failed;
    // Somebody may have begun to handle it since, and whoever reads its rows by then does not read what is raised now.
    const mayGoOn = (): boolean => this.#isFresh() && this.#mayWrite() && !this.#isHandled(target);
    const own = rows.filter(({ processName }) => processName === policy.processName);
    const raised = await this.#raises.raise(failed, own, mayGoOn);
    const memo = this.#memos.get(policy.processName);
    if (memo !== undefined && raised.kind === 'held') this.#held.hold(failed, raised);
    if (memo !== undefined && raised.kind === 'decided')
      this.#memos.set(policy.processName, { ...memo, decided: unit.invocationId });
    return raised.kind !== 'stopped';
  }

  #isFresh(): boolean {
    return this.#nowMs() - this.#answeredMs <= FRESH_MS;
  }

  #mayWrite(): boolean {
    return !this.#signal.aborted && this.#deps.owner.state().kind === 'owner';
  }

  #isHandled(target: string): boolean {
    return this.#handled.has(target) || this.#deps.targets().has(target);
  }

  #forget(processName: string): void {
    this.#memos.delete(processName);
    this.#held.forget(processName);
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
