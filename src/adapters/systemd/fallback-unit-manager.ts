/** The bus where it answers, the `systemctl` command where it does not. */
import type { Clock } from '../../ports/clock.js';
import type { RunOptions } from '../../ports/command-runner.js';
import type { UnitActionResult, UnitChange, UnitManager, UnitStates, UnitsUnknown } from '../../ports/unit-manager.js';

/** A question is cheap and quick; where the bus has no answer by then, the other way has the rest of the time. */
const LONGEST_QUESTION_MS = 5000;

export type UnitRoute = 'first' | 'second' | 'none';

/** Whoever wants to know which way requests go. */
export interface WayWatch {
  /** Why the first way is closed for all, and not for one request alone; null: it is open. */
  readonly problem: () => string | null;
  /** Called once for each change. `none` is told only where the first way had served: it was lost. */
  readonly onChange: (route: UnitRoute, problem: string | null) => void;
}

const NOBODY: WayWatch = { problem: () => null, onChange: () => undefined };

/**
 * Decides anew for each request; the first way remembers by itself for how long a bus that failed is not tried. What may have
 * been carried out in the first way is never tried in the second: only `unavailable` says that nothing was done.
 */
export class FallbackUnitManager implements UnitManager {
  readonly #first: UnitManager;
  readonly #second: UnitManager | null;
  readonly #clock: Clock;
  readonly #watch: WayWatch;
  #route: UnitRoute = 'first';
  #hasFirstServed = false;

  /** `second` null: there is no other way, and the first is only watched. */
  constructor(first: UnitManager, second: UnitManager | null, clock: Clock, watch = NOBODY) {
    this.#first = first;
    this.#second = second;
    this.#clock = clock;
    this.#watch = watch;
  }

  async describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown> {
    const startedMs = this.#clock.monotonicMs();
    const { timeoutMs, signal } = options;
    const shareMs = this.#second === null ? timeoutMs : Math.min(timeoutMs / 2, LONGEST_QUESTION_MS);
    const states = await this.#first.describe(names, { timeoutMs: shareMs, signal });
    if (typeof states !== 'string') this.#firstServed();
    if (typeof states !== 'string' || signal.aborted) return states;
    const others = (await this.#second?.describe(names, this.#rest(options, startedMs))) ?? states;
    this.#firstClosed(typeof others !== 'string');
    return others;
  }

  restart(unit: string, options: RunOptions): Promise<UnitActionResult> {
    return this.#act('restart', unit, options);
  }

  resetFailed(unit: string, options: RunOptions): Promise<UnitActionResult> {
    return this.#act('resetFailed', unit, options);
  }

  /** Nothing can be heard in the second way. */
  follow(names: readonly string[], onChange: (change: UnitChange) => void, signal: AbortSignal): void {
    this.#first.follow(names, onChange, signal);
  }

  get isHearing(): boolean {
    return this.#first.isHearing;
  }

  async #act(verb: 'restart' | 'resetFailed', unit: string, options: RunOptions): Promise<UnitActionResult> {
    const startedMs = this.#clock.monotonicMs();
    const result = await this.#first[verb](unit, options);
    if (result.kind !== 'unavailable') {
      if (result.kind !== 'timed_out' && result.kind !== 'aborted') this.#firstServed();
      return result;
    }
    const other = (await this.#second?.[verb](unit, this.#rest(options, startedMs))) ?? result;
    this.#firstClosed(other.kind !== 'unavailable');
    return other;
  }

  #firstServed(): void {
    this.#hasFirstServed = true;
    if (this.#watch.problem() === null) this.#take('first', null);
  }

  /** A second way that has served and fails once is not told as lost: it may be that one request. */
  #firstClosed(hasSecondServed: boolean): void {
    const problem = this.#watch.problem();
    if (problem === null) return;
    if (hasSecondServed) this.#take('second', problem);
    else if (this.#hasFirstServed && this.#route === 'first') this.#take('none', problem);
  }

  #take(route: UnitRoute, problem: string | null): void {
    if (this.#route === route) return;
    this.#route = route;
    this.#watch.onChange(route, problem);
  }

  #rest({ timeoutMs, signal }: RunOptions, startedMs: number): RunOptions {
    return { timeoutMs: Math.max(timeoutMs - (this.#clock.monotonicMs() - startedMs), 1), signal };
  }
}
