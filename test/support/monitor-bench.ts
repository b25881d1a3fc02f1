/** The whole engine on a bench: made-up ports around a real monitor that can be stopped, killed and started again. */
import { setMaxListeners } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import type { MonitorEvent, MonitorEventType } from '../../src/domain/event.js';
import type { ProcessMemory } from '../../src/domain/process-memory.js';
import type { ProcessPolicy } from '../../src/domain/process-policy.js';
import type { UnitState } from '../../src/domain/unit-state.js';
import { SOLE_OWNER, type Ownership } from '../../src/ports/ownership.js';
import { Monitor, type MonitorOptions, type MonitorPorts } from '../../src/engine/monitor.js';
import { StoreError } from '../../src/ports/store-error.js';
import { FakeClock, settle } from './fake-clock.js';
import { FakeProber } from './fake-prober.js';
import { FakeProcessStarter } from './fake-process-starter.js';
import { FakeProcessTable } from './fake-process-table.js';
import { FakeRandom } from './fake-random.js';
import { FakeUnitManager, type FakeUnit } from './fake-unit-manager.js';
import { MemoryAlarmStore, type MemoryStatus, type MemoryStoreOptions } from './memory-alarm-store.js';
import { MemoryStateStore } from './memory-state-store.js';
import { mortal } from './mortal.js';
import { idOf, policyOf, type PolicyWish } from './policy.js';
import { RecordingSink, type EventOf } from './recording-sink.js';
import { ScriptedRunner } from './scripted-runner.js';

/** How a port is given to a monitor that may die. */
export type Deal = <T extends object>(name: keyof MonitorPorts, port: T, life: { isAlive: boolean }) => T;

export interface BenchSetup {
  /** By process name; whoever is not listed is left alone. */
  readonly policies?: Readonly<Record<string, PolicyWish>>;
  readonly units?: Readonly<Record<string, FakeUnit>>;
  readonly options?: Partial<MonitorOptions>;
  readonly store?: Partial<MemoryStoreOptions>;
  /** Default: nobody else wants the rows. */
  readonly owner?: Ownership;
  /** Default: the port answers until the monitor is killed. */
  readonly deal?: Deal;
}

/** A second between cycles, no brake and no budget of the host. */
export const BENCH_OPTIONS: Omit<MonitorOptions, 'policyFor' | 'listedNames'> = {
  checkIntervalMs: 1000,
  startupGraceMs: 0,
  maxParallelRestarts: 8,
  hostBudget: { restarts: 0, windowMs: 3600_000 },
  brakeLimits: { percent: 0, min: 5 },
  hostId: null,
  isDryRun: false,
};

interface Life {
  readonly monitor: Monitor;
  readonly draining: AbortController;
  readonly hard: AbortController;
  readonly loop: Promise<void>;
  isAlive: boolean;
}

export class MonitorBench {
  readonly clock = new FakeClock();
  readonly events = new RecordingSink();
  readonly runner = new ScriptedRunner(this.clock);
  readonly table = new FakeProcessTable(this.clock);
  readonly starter = new FakeProcessStarter(this.clock, this.table);
  readonly prober = new FakeProber(this.clock);
  readonly stateStore = new MemoryStateStore();
  readonly units: FakeUnitManager;
  readonly store: MemoryAlarmStore;
  readonly bugs: unknown[] = [];
  /** How many events had been told at each kill. */
  readonly deaths: number[] = [];
  #policies = new Map<string, ProcessPolicy>();
  readonly #options: Partial<MonitorOptions>;
  readonly #random = new FakeRandom();
  readonly #deal: Deal;
  readonly #owner: Ownership;
  #life: Life | null = null;

  constructor({
    policies = {},
    units = {},
    options = {},
    store = {},
    owner = SOLE_OWNER,
    deal = dealMortal,
  }: BenchSetup) {
    this.units = new FakeUnitManager(this.clock, units);
    this.store = new MemoryAlarmStore(store);
    this.#options = options;
    this.#deal = deal;
    this.#owner = owner;
    this.setPolicies(policies);
  }

  /** New settings, for the monitor that is started next and for a reload. */
  setPolicies(policies: Readonly<Record<string, PolicyWish>>): void {
    this.#policies = new Map(
      Object.entries(policies).map(([processName, wish]) => [processName, policyOf({ processName, ...wish })]),
    );
  }

  /** The settings of a process; null: it is not listed. */
  policyOf(processName: string): ProcessPolicy | null {
    return this.#policies.get(processName) ?? null;
  }

  /** A process of this host; in alarm unless told otherwise. */
  add(id: number, name: string | null, status: Partial<Omit<MemoryStatus, 'id'>> = {}): MemoryStatus {
    return this.store.add(id, name, { alarma: 1, ...status });
  }

  /** Starts a monitor, on what an earlier one has left; the first cycle has run when it resolves. */
  async start(): Promise<void> {
    const draining = new AbortController();
    const hard = new AbortController();
    setMaxListeners(0, draining.signal, hard.signal);
    const life = { isAlive: true };
    const stop = { draining: draining.signal, hard: hard.signal };
    const monitor = new Monitor(this.#ports(life), this.#settings(), stop, (cause) => this.bugs.push(cause));
    await monitor.open();
    const loop = monitor.loop(() => undefined);
    loop.catch((cause: unknown) => this.bugs.push(cause));
    this.#life = Object.assign(life, { monitor, draining, hard, loop });
    await settle();
  }

  /** New settings for the running monitor: those of the bench, but for `changes`. Resolves when they are in force. */
  reload(changes: Partial<MonitorOptions> = {}): Promise<void> {
    return this.monitor.reconfigure({ ...this.#settings(), ...changes }, () => undefined);
  }

  /** The running monitor. */
  get monitor(): Monitor {
    return this.#living().monitor;
  }

  /** The signals that the running monitor lives with: whatever stays on them is never freed. */
  get stopSignals(): readonly AbortSignal[] {
    const { draining, hard } = this.#living();
    return [draining.signal, hard.signal];
  }

  /** Lets time pass. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Asks the monitor to stop; a second time: at once. Resolves when it has. */
  async stop(): Promise<void> {
    const life = this.#living();
    if (life.draining.signal.aborted) life.hard.abort('stopped');
    else life.draining.abort('asked to');
    const ended = life.loop.then(() => life.monitor.finish());
    const progress = { isOver: false };
    void ended.finally(() => (progress.isOver = true));
    await settle();
    for (let seconds = 0; !progress.isOver && seconds < 1000; seconds += 1) await this.advance(1000);
    await ended;
    this.#life = null;
  }

  /** Aborts everything that runs, as the end of the grace does. */
  abort(): void {
    this.#living().hard.abort('grace used up');
  }

  /** The first request to stop, without waiting. */
  drain(): void {
    this.#living().draining.abort('asked to');
  }

  /** As `kill -9` does: not one more step of this monitor happens, while time and world go on. */
  kill(): void {
    this.#living().isAlive = false;
    this.deaths.push(this.events.events.length);
    this.#life = null;
  }

  /** Kills it and starts the next one `pauseMs` later. */
  async restartAfterKill(pauseMs = 0): Promise<void> {
    this.kill();
    await this.advance(pauseMs);
    await this.start();
  }

  /** What the running monitor remembers of a process; null: nothing. */
  memoryOf(id: number): ProcessMemory | null {
    return this.monitor.ledger.memoryOf(idOf(id));
  }

  /** Events of one type, of one process where given. */
  told<T extends MonitorEventType>(type: T, processName?: string): EventOf<T>[] {
    const all = this.events.ofType(type);
    return processName === undefined
      ? all
      : all.filter((event: MonitorEvent) => 'processName' in event && event.processName === processName);
  }

  /** Codes of the reasons told for a process, in order. */
  reasons(processName: string | null): readonly string[] {
    return this.told('alarm.skipped')
      .filter(({ row }) => row.processName === processName)
      .map(({ reason }) => reason.code);
  }

  /** Kinds of the outcomes so far, in order. */
  outcomes(processName?: string): readonly string[] {
    return this.told('restart.ended', processName).map(({ outcome }) =>
      outcome.kind === 'interrupted' ? outcome.why : outcome.kind,
    );
  }

  async stateOf(unit: string): Promise<UnitState> {
    const states = await this.units.describe([unit], { timeoutMs: 1000, signal: new AbortController().signal });
    const state = typeof states === 'string' ? undefined : states.get(unit);
    if (state === undefined) throw new Error(`no state of ${unit}`);
    return state;
  }

  /** Stops what still runs; nothing may be left, and nothing may have gone wrong on the way. */
  async close(): Promise<void> {
    if (this.#life !== null) await this.stop();
    expect(this.bugs).toEqual([]);
    const started = this.told('restart.started').map(({ alarmId }) => alarmId);
    expect(new Set(started).size).toBe(started.length);
  }

  #settings(): MonitorOptions {
    const policies = this.#policies;
    const policyFor = (name: string): ProcessPolicy | null => policies.get(name) ?? null;
    return { ...BENCH_OPTIONS, policyFor, listedNames: [...policies.keys()], ...this.#options };
  }

  #living(): Life {
    if (this.#life === null) throw new Error('no monitor runs on this bench');
    return this.#life;
  }

  #ports(life: { isAlive: boolean }): MonitorPorts {
    const deal = this.#deal;
    return {
      clock: deal('clock', this.clock, life),
      runner: deal('runner', this.runner, life),
      units: deal('units', this.units, life),
      table: deal('table', this.table, life),
      starter: deal('starter', this.starter, life),
      prober: deal('prober', this.prober, life),
      events: deal('events', this.events, life),
      source: deal('source', this.store.source, life),
      writer: deal('writer', this.store.writer, life),
      owner: this.#owner,
      random: this.#random,
      stateStore: deal('stateStore', this.stateStore, life),
    };
  }
}

const dealMortal: Deal = (name, port, life) => (name === 'events' ? port : mortal(port, () => life.isAlive));

/** A bench that is cleared up, and checked for what went wrong unseen, when the test ends. */
export function benchOf(setup: BenchSetup): MonitorBench {
  const bench = new MonitorBench(setup);
  onTestFinished(() => bench.close());
  return bench;
}

/** The database does not answer. */
export function outage(code: StoreError['code'] = 'unreachable'): StoreError {
  return new StoreError(`database: ${code}`, code, true);
}
