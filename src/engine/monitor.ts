/** The whole journey put together from ports: memory, cycles, recoveries, watches, and what a person may ask of them. */
import type { BrakeLimits } from '../domain/mass-alarm-brake.js';
import type { LoopPhase } from '../domain/loop-phase.js';
import type { RestartOutcome } from '../domain/outcome.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import type { BudgetLimits } from '../domain/restart-budget.js';
import { isUnitWatched } from '../domain/unit-failure.js';
import type { RestartOrder, SkipReason } from '../domain/verdict.js';
import type { AlarmSource } from '../ports/alarm-source.js';
import type { AlarmWriter } from '../ports/alarm-writer.js';
import { termOf, type Ownership } from '../ports/ownership.js';
import type { Random } from '../ports/random.js';
import type { StateStore } from '../ports/state-store.js';
import { runCycle, type CycleDeps, type CycleMemory } from './cycle.js';
import type { HandsDeps } from './deps.js';
import { Ledger } from './ledger.js';
import { orderByPerson } from './order-by-person.js';
import { runPollLoop, type LoopState } from './poll-loop.js';
import { recoverAlarm, type RecoverAlarmDeps } from './recover-alarm.js';
import { Recoveries, type RecoveryJob } from './recoveries.js';
import { resumeAll } from './resume.js';
import { Sightings } from './sightings.js';
import { UnitWatch } from './unit-watch.js';
import { WatchVerdicts } from './watch-ends.js';
import { Watches } from './watches.js';
import { payDebts } from './write-back.js';

export interface MonitorPorts extends HandsDeps {
  readonly source: AlarmSource;
  readonly writer: AlarmWriter;
  readonly owner: Ownership;
  readonly random: Random;
  readonly stateStore: StateStore;
}

export interface MonitorOptions {
  readonly checkIntervalMs: number;
  readonly startupGraceMs: number;
  readonly maxParallelRestarts: number;
  readonly hostBudget: BudgetLimits;
  readonly brakeLimits: BrakeLimits;
  readonly hostId: number | null;
  readonly policyFor: (processName: string) => ProcessPolicy | null;
  /** Processes that have a section of their own. */
  readonly listedNames: readonly string[];
  readonly isDryRun: boolean;
}

/** `draining`: take no new work, finish what runs; `hard`: end everything now. */
export interface StopSignals {
  readonly draining: AbortSignal;
  readonly hard: AbortSignal;
}

export class Monitor {
  readonly ledger: Ledger;
  readonly #ports: MonitorPorts;
  #options: MonitorOptions;
  readonly #stop: StopSignals;
  readonly #recoveries: Recoveries;
  readonly #unitWatch: UnitWatch;
  readonly #verdicts: WatchVerdicts;
  readonly #deps: RecoverAlarmDeps;
  #cycleDeps: CycleDeps;
  #paying: Promise<void> | null = null;
  #phase: LoopPhase;
  #wake = new AbortController();
  #nudge = new AbortController();
  #isLooping = false;
  #termOfLook: number | null = null;
  /** What waits for the moment between two passes. */
  readonly #between: (() => void)[] = [];

  /** `onBug` hears of anything thrown that nobody expected: the program must end. */
  constructor(ports: MonitorPorts, options: MonitorOptions, stop: StopSignals, onBug: (cause: unknown) => void) {
    this.#ports = ports;
    this.#options = options;
    this.#stop = stop;
    this.#phase = { kind: 'starting', sinceMs: ports.clock.monotonicMs() };
    this.ledger = new Ledger({
      clock: ports.clock,
      events: ports.events,
      hostBudget: options.hostBudget,
      hostId: options.hostId,
      save: (state) => (options.isDryRun ? Promise.resolve({ kind: 'saved' }) : ports.stateStore.save(state)),
    });
    this.#recoveries = new Recoveries(options.maxParallelRestarts, onBug);
    stop.draining.addEventListener('abort', () => this.#recoveries.dropQueued());
    this.#verdicts = new WatchVerdicts({
      ...ports,
      ledger: this.ledger,
      paying: () => this.#paying,
      nudgeSoon: () => this.#unitWatch.nudgeSoon(),
      signal: stop.hard,
    });
    const watches = new Watches(ports, this.#verdicts);
    this.#deps = { ...ports, ledger: this.ledger, watches, draining: stop.draining };
    this.#unitWatch = new UnitWatch(
      {
        ...ports,
        ledger: this.ledger,
        targets: () => this.#recoveries.targets(),
        graceUntilMs: () => this.#options.startupGraceMs,
        nudge: () => this.#nudge.abort('nudged'),
        onBug,
      },
      stop.draining,
    );
    this.#cycleDeps = {
      ...ports,
      ledger: this.ledger,
      recoveries: this.#recoveries,
      sightings: new Sightings(),
      policyFor: options.policyFor,
      brakeLimits: options.brakeLimits,
      isDryRun: options.isDryRun,
      handOver: this.#unitWatch.unlessIncomplete((order) => this.#start(order)),
    };
  }

  /**
   * New settings, in force from the moment between two passes on: resolves then, or when the monitor stops. Breakers, budgets, watches and handlings under way go on; a handling keeps the policy it began with.
   * The host's id and whether it is a dry run stay as they are.
   */
  reconfigure(options: MonitorOptions, alongside: () => void): Promise<void> {
    const { hostId, isDryRun } = this.#options;
    const { draining } = this.#stop;
    // There is no further pass: who waited for one would keep the monitor from ending.
    if (draining.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = (): void => resolve();
      const apply = (): void => {
        draining.removeEventListener('abort', stop);
        this.#options = { ...options, hostId, isDryRun };
        const { policyFor, brakeLimits, hostBudget, maxParallelRestarts } = options;
        this.#cycleDeps = { ...this.#cycleDeps, policyFor, brakeLimits };
        this.ledger.setHostBudget(hostBudget);
        this.#recoveries.setLimit(maxParallelRestarts);
        this.#followUnits();
        alongside();
        resolve();
      };
      this.#between.push(apply);
      draining.addEventListener('abort', stop);
      this.#wake.abort();
    });
  }

  /** Where the loop is right now. */
  get phase(): LoopPhase {
    return this.#stop.draining.aborted ? { kind: 'stopping' } : this.#phase;
  }

  /** Takes over what an earlier run has left. Once, before anything else. */
  async open(): Promise<void> {
    const loaded = await this.#ports.stateStore.load();
    if (loaded.kind === 'loaded') this.ledger.restore(loaded.state);
    if (loaded.kind === 'damaged')
      this.#ports.events.emit({ type: 'state.damaged', detail: loaded.detail, movedTo: loaded.movedTo });
    if (this.#options.isDryRun) return;
    const { policyFor } = this.#options;
    await resumeAll({ ...this.#deps, policyFor, recoveries: this.#recoveries }, this.#stop.hard);
  }

  /** Cycle after cycle until draining; then resolves at once, whatever still runs. */
  loop(afterCycle: (state: LoopState) => void): Promise<void> {
    const { clock, random, events, owner } = this.#ports;
    this.#isLooping = true;
    this.#followUnits();
    return runPollLoop(
      {
        clock,
        random,
        events,
        owner,
        pace: () => this.#options,
        onPhase: (phase) => (this.#phase = phase),
        betweenCycles: () => {
          this.#applyChanges();
          if (this.#nudge.signal.aborted) this.#nudge = new AbortController();
        },
        wake: () => this.#wake.signal,
        nudge: () => this.#nudge.signal,
        beforeCycle: () => void this.#pay(),
        afterCycle: (state) => {
          if (!state.isBlind) this.#unitWatch.look();
          afterCycle(state);
        },
        cycle: (memory, hold) => this.#look(memory, hold),
      },
      this.#stop.draining,
    );
  }

  /** One cycle and its recoveries. Throws `StoreError` where the source does not answer. */
  async once(): Promise<void> {
    await this.#pay();
    const memory: CycleMemory = { brake: 'released' };
    await this.#look(memory, null);
    await this.#recoveries.done();
  }

  /** Finishes what runs, and puts the memory on disk. After `draining`. */
  async finish(): Promise<void> {
    this.#recoveries.dropQueued();
    await this.#recoveries.done();
    await this.#deps.watches.done();
    await this.#unitWatch.done();
    await this.#paying;
    await this.ledger.close();
  }

  /** From one pass to the next, as the settings have it now. */
  get checkIntervalMs(): number {
    return this.#options.checkIntervalMs;
  }

  get inFlight(): number {
    return this.#recoveries.inFlight;
  }

  /** Restarts now because a person asks for it, outside the breaker. `busy`: a handling of it is under way, or we stop. */
  async restartNow(policy: ProcessPolicy): Promise<RestartOutcome | 'busy'> {
    if (this.#stop.draining.aborted) return 'busy';
    const deps = { ...this.#ports, ledger: this.ledger, policyFor: this.#options.policyFor };
    // An alarm that is being raised belongs to it too: raised later, it would have it restarted a second time.
    const order = await this.#verdicts.readWhole(() =>
      this.#unitWatch.readWhole(() => orderByPerson(deps, policy, this.#stop.hard)),
    );
    return new Promise((resolve, reject) => {
      const run = async (): Promise<void> => {
        const alarmId = this.#ports.random.id();
        await recoverAlarm(this.#deps, order, { alarmId, cause: 'person' }, this.#stop.hard).then(resolve, reject);
      };
      const dropped = (): void => resolve('busy');
      if (!this.#startJob({ target: order.target, processIds: order.processIds, run, dropped })) dropped();
    });
  }

  #followUnits(): void {
    const { policyFor, listedNames, isDryRun } = this.#options;
    if (!this.#isLooping || isDryRun) return;
    const policies = listedNames.map(policyFor).filter((policy) => policy !== null);
    this.#unitWatch.follow(policies.filter(isUnitWatched));
  }

  #applyChanges(): void {
    if (this.#between.length === 0) return;
    this.#wake = new AbortController();
    for (const apply of this.#between.splice(0)) apply();
  }

  /** One pass. What is begun by it is begun by whoever owned the rows then. */
  #look(memory: CycleMemory, hold: SkipReason | null): Promise<CycleMemory> {
    this.#termOfLook = termOf(this.#ports.owner.state());
    return runCycle(this.#cycleDeps, memory, hold, this.#stop.draining);
  }

  #start(order: RestartOrder): boolean {
    const { owner } = this.#ports;
    const options = this.#options;
    const term = this.#termOfLook;
    const run = async (): Promise<void> => {
      // It may have waited for a slot: what no longer holds is left to the next look, which says why.
      if (options !== this.#options || term !== termOf(owner.state()) || !this.#isStillDue(order)) {
        this.#unitWatch.nudgeSoon();
        return;
      }
      const handling = { alarmId: this.#ports.random.id(), cause: 'alarm' } as const;
      await recoverAlarm(this.#deps, order, handling, this.#stop.hard);
    };
    return this.#startJob({ target: order.target, processIds: order.processIds, run });
  }

  /** Whether the breakers are as they were when the order was made. A person's hold is asked for later, and told. */
  #isStillDue({ processIds, isTrial }: RestartOrder): boolean {
    this.ledger.tickBreakers();
    const kinds = processIds.map((id) => this.ledger.memoryOf(id)?.breaker.kind);
    return !kinds.includes('open') && (isTrial || !kinds.includes('half_open'));
  }

  /** false: this target is being handled already, or the monitor takes no new work. */
  #startJob(job: RecoveryJob): boolean {
    this.#unitWatch.noteHandling(job.target);
    return !this.#stop.draining.aborted && this.#recoveries.start(job);
  }

  /** At most one payment round at a time; a cycle does not wait for it. */
  #pay(): Promise<void> {
    if (this.#options.isDryRun) return Promise.resolve();
    this.#paying ??= payDebts(this.#deps, this.#stop.hard).finally(() => (this.#paying = null));
    return this.#paying;
  }
}
