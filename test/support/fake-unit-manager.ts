/** A service manager without services: units are descriptions, their lives are computed from the clock. */
import { toUnitName } from '../../src/adapters/systemd/unit-name.js';
import { notFoundState } from '../../src/adapters/systemd/unit-properties.js';
import type { UnitState } from '../../src/domain/unit-state.js';
import type { Clock } from '../../src/ports/clock.js';
import type { RunOptions } from '../../src/ports/command-runner.js';
import type {
  UnitActionResult,
  UnitChange,
  UnitManager,
  UnitStates,
  UnitsUnknown,
} from '../../src/ports/unit-manager.js';
import { FakeUnitFollowers } from './fake-unit-followers.js';
import { deadState, nextChangeMs, stateOf, type FakeLife, type LivedLife } from './fake-unit-life.js';

/** How one restart goes. Default: done at once, and it runs. An answer other than `done` and no life: it goes on as before. */
export interface FakeRestart {
  readonly answer?: UnitActionResult;
  readonly life?: FakeLife;
  /** How long the job takes; it goes on in systemd when the caller's time is up. */
  readonly takesMs?: number;
}

/** Example: `{ aliases: ['mysql.service'], initially: { kind: 'runs' }, restarts: [{ life: { kind: 'exits', afterMs: 500, status: 3 } }] }` */
export interface FakeUnit {
  readonly aliases?: readonly string[];
  /** Properties that differ from those of a loaded `simple` service. */
  readonly properties?: Partial<UnitState>;
  /** Default: dead. */
  readonly initially?: FakeLife;
  /** What it is after an operator has stopped it. Default: dead. */
  readonly stopped?: FakeLife;
  /** One after another, the last one for ever. */
  readonly restarts?: readonly FakeRestart[];
  /** So many starts succeed until `resetFailed`. */
  readonly startLimitBurst?: number;
}

interface Job {
  readonly untilMs: number;
  readonly shows: Partial<UnitState>;
  readonly life: FakeLife;
  readonly isStop?: true;
}

interface Entry {
  readonly unit: FakeUnit;
  readonly base: UnitState;
  readonly restarts: FakeRestart[];
  lived: LivedLife;
  job: Job | null;
  starts: number;
}

/** What was asked of it, in order. */
export interface UnitCall {
  readonly kind: 'describe' | 'restart' | 'reset_failed';
  readonly names: readonly string[];
  /** Monotonic time. */
  readonly atMs: number;
}

export class FakeUnitManager implements UnitManager {
  readonly calls: UnitCall[] = [];
  /** Canonical names of the units whose restart was really begun, in order. */
  readonly carriedOut: string[] = [];
  /** false: there is no systemd. */
  isAvailable = true;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #followers: FakeUnitFollowers<Entry>;
  #started = 0;
  #isSilent = false;

  constructor(clock: Clock, units: Readonly<Record<string, FakeUnit>> = {}) {
    this.#clock = clock;
    this.#followers = new FakeUnitFollowers(clock, (entry) => this.#nextChange(entry));
    for (const [id, unit] of Object.entries(units)) this.add(id, unit);
  }

  /** Adds a unit or replaces it, forgetting its past. */
  add(id: string, unit: FakeUnit = {}): void {
    const base = { ...deadState(id), names: [id, ...(unit.aliases ?? [])], ...unit.properties };
    const entry = { unit, base, restarts: [...(unit.restarts ?? [])], job: null, starts: 0 };
    this.#entries.set(id, { ...entry, lived: this.#begin(unit.initially ?? { kind: 'dead' }) });
  }

  /** true: systemd is there, answers nobody and tells nothing; what it did not tell, it tells afterwards. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  set isSilent(isSilent: boolean) {
    this.#isSilent = isSilent;
    this.#followers.isHeld = isSilent;
  }

  /** false: changes are not told of from now on, as by `systemctl`; who was told until now hears of that. */
  set tells(tells: boolean) {
    if (!tells) this.#followers.tellAll();
    this.#followers.isMute = !tells;
  }

  /** How many names are listened to. */
  get followed(): number {
    return this.#followers.count;
  }

  /** The bus was away and is back: what changed meanwhile is not known, so everything may have. */
  reconnect(): void {
    this.#followers.tellAll();
  }

  /** Something happens to the unit, now and not by our doing. */
  happens(name: string, life: FakeLife): void {
    const entry = this.#known(name);
    entry.job = null;
    entry.lived = this.#next(entry, life, this.#clock.monotonicMs());
    this.#followers.changed(entry, { byJob: false });
  }

  /** An operator stops the unit; until that is done, nobody else's job is let in. */
  operatorStops(name: string, takesMs: number): void {
    const shows = { activeState: 'deactivating', subState: 'stop-sigterm', mainPid: 0 };
    const entry = this.#known(name);
    const life = entry.unit.stopped ?? { kind: 'dead' };
    entry.job = { untilMs: this.#clock.monotonicMs() + takesMs, shows, life, isStop: true };
    this.#followers.changed(entry, { byJob: true });
  }

  /** Canonical names of all units. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Names of the units restarted, as they were asked for. */
  get restarted(): readonly string[] {
    return this.calls.filter(({ kind }) => kind === 'restart').flatMap(({ names }) => names);
  }

  async describe(names: readonly string[], { timeoutMs, signal }: RunOptions): Promise<UnitStates | UnitsUnknown> {
    this.#record('describe', names);
    if (this.isSilent) await this.#clock.sleep(timeoutMs, signal);
    if (this.isSilent || signal.aborted) return 'no_answer';
    if (!this.isAvailable) return 'unavailable';
    return new Map(names.map((name) => [name, this.#state(name)]));
  }

  async restart(name: string, options: RunOptions): Promise<UnitActionResult> {
    this.#record('restart', [name]);
    if (this.isSilent)
      return {
        kind: (await this.#clock.sleep(options.timeoutMs, options.signal)) === 'aborted' ? 'aborted' : 'timed_out',
      };
    const entry = this.#find(name);
    const refusal = this.#refusal(entry, options.signal);
    if (refusal !== null || entry === undefined) return refusal ?? impossible(name);
    entry.starts += 1;
    const next = entry.restarts.length > 1 ? entry.restarts.shift() : entry.restarts[0];
    return this.#carryOut(entry, next ?? {}, options);
  }

  async resetFailed(name: string, { signal }: RunOptions): Promise<UnitActionResult> {
    this.#record('reset_failed', [name]);
    if (signal.aborted) return { kind: 'aborted' };
    if (!this.isAvailable) return { kind: 'unavailable', detail: 'no systemd' };
    const entry = this.#find(name);
    if (entry === undefined) return impossible(name);
    entry.starts = 0;
    if (this.#state(name).activeState === 'failed') {
      entry.lived = this.#begin({ kind: 'dead' });
      this.#followers.changed(entry, { byJob: false });
    }
    return { kind: 'done' };
  }

  follow(names: readonly string[], onChange: (change: UnitChange) => void, signal: AbortSignal): void {
    this.#followers.add(
      names.map((name) => ({ name, onChange, find: () => this.#find(name) })),
      signal,
    );
  }

  get isHearing(): boolean {
    return !this.#followers.isMute;
  }

  async #carryOut(entry: Entry, restart: FakeRestart, { timeoutMs, signal }: RunOptions): Promise<UnitActionResult> {
    const { answer = { kind: 'done' }, takesMs = 0 } = restart;
    this.carriedOut.push(entry.base.id);
    const life: FakeLife | undefined = restart.life ?? (answer.kind === 'done' ? { kind: 'runs' } : undefined);
    if (life !== undefined) {
      const untilMs = this.#clock.monotonicMs() + takesMs;
      entry.job = { untilMs, shows: { activeState: 'activating', subState: 'start' }, life };
      this.#followers.changed(entry, { byJob: true });
    }
    const slept = await this.#clock.sleep(Math.min(takesMs, timeoutMs), signal);
    if (slept === 'aborted') return { kind: 'aborted' };
    return takesMs > timeoutMs ? { kind: 'timed_out' } : answer;
  }

  #refusal(entry: Entry | undefined, signal: AbortSignal): UnitActionResult | null {
    if (signal.aborted) return { kind: 'aborted' };
    if (!this.isAvailable) return { kind: 'unavailable', detail: 'no systemd' };
    if (entry === undefined) return null;
    const { loadState, refusesManualStart, id } = entry.base;
    if (loadState !== 'loaded' || refusesManualStart) return impossible(id);
    this.#settle(entry);
    if (entry.job !== null) return { kind: 'conflict', detail: `a job of somebody else for ${id}` };
    if (entry.starts < (entry.unit.startLimitBurst ?? Infinity)) return null;
    entry.lived = this.#begin({ kind: 'failed', result: 'start-limit-hit' });
    this.#followers.changed(entry, { byJob: true });
    return { kind: 'start_limit', detail: `${id} was started too often` };
  }

  #state(name: string): UnitState {
    const entry = this.#find(name);
    if (entry === undefined) return notFoundState(toUnitName(name) ?? name);
    this.#settle(entry);
    const state = stateOf(entry.base, entry.lived, this.#clock.monotonicMs());
    return entry.job === null ? state : { ...state, ...entry.job.shows, hasJob: true };
  }

  /** A job whose time has come is done, and the life after it begins with its end. */
  #settle(entry: Entry): void {
    const { job } = entry;
    if (job === null || this.#clock.monotonicMs() < job.untilMs) return;
    entry.lived = job.isStop ? this.#next(entry, job.life, job.untilMs) : this.#begin(job.life, job.untilMs);
    entry.job = null;
  }

  /** A failure ends the run that there is, under its invocation; anything else is a new one. */
  #next({ lived }: Entry, life: FakeLife, sinceMs: number): LivedLife {
    const next = this.#begin(life, sinceMs);
    const isEnd = life.kind === 'failed' && lived.life.kind === 'runs';
    return isEnd ? { ...next, startNumber: lived.startNumber } : next;
  }

  #nextChange(entry: Entry): { readonly atMs: number; readonly byJob: boolean } | null {
    this.#settle(entry);
    if (entry.job !== null) return { atMs: entry.job.untilMs, byJob: true };
    const atMs = nextChangeMs(entry.lived, this.#clock.monotonicMs());
    return atMs === null ? null : { atMs, byJob: false };
  }

  #begin(life: FakeLife, sinceMs = this.#clock.monotonicMs()): LivedLife {
    // Room for the starts that a crash loop makes by itself.
    this.#started += 1000;
    return { life, sinceMs, startNumber: this.#started };
  }

  #find(name: string): Entry | undefined {
    const unit = toUnitName(name);
    return [...this.#entries.values()].find(({ base }) => unit !== null && base.names.includes(unit));
  }

  #known(name: string): Entry {
    const entry = this.#find(name);
    if (entry === undefined) throw new Error(`no such unit in this test: ${name}`);
    return entry;
  }

  #record(kind: UnitCall['kind'], names: readonly string[]): void {
    this.calls.push({ kind, names, atMs: this.#clock.monotonicMs() });
  }
}

function impossible(name: string): UnitActionResult {
  return { kind: 'impossible', detail: `no unit that could be started: ${name}` };
}
