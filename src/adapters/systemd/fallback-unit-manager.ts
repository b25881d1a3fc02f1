/** The bus where it answers, the `systemctl` command where it does not. */
import type { Clock } from '../../ports/clock.js';
import type { RunOptions } from '../../ports/command-runner.js';
import type { UnitActionResult, UnitChange, UnitManager, UnitStates, UnitsUnknown } from '../../ports/unit-manager.js';

/** A question is cheap and quick; where the bus has no answer by then, the other way has the rest of the time. */
const LONGEST_QUESTION_MS = 5000;

/** Whoever wants to know which way requests go. */
export interface WayWatch {
  /** Why the first way is closed for all, and not for one request alone; null: it is open. */
  readonly problem: () => string | null;
  /** Called once for each change: with the problem where the second way has begun to serve, with null where the first does again. */
  readonly onChange: (problem: string | null) => void;
}

const NOBODY: WayWatch = { problem: () => null, onChange: () => undefined };

/**
 * Decides anew for each request; the first way remembers by itself for how long a bus that failed is not tried. What may have
 * been carried out in the first way is never tried in the second: only `unavailable` says that nothing was done.
 */
export class FallbackUnitManager implements UnitManager {
  readonly #first: UnitManager;
  readonly #second: UnitManager;
  readonly #clock: Clock;
  readonly #watch: WayWatch;
  #isSecond = false;

  constructor(first: UnitManager, second: UnitManager, clock: Clock, watch = NOBODY) {
    this.#first = first;
    this.#second = second;
    this.#clock = clock;
    this.#watch = watch;
  }

  async describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown> {
    const startedMs = this.#clock.monotonicMs();
    const timeoutMs = Math.min(options.timeoutMs / 2, LONGEST_QUESTION_MS);
    const states = await this.#first.describe(names, { timeoutMs, signal: options.signal });
    if (typeof states !== 'string') this.#firstServed();
    if (typeof states !== 'string' || options.signal.aborted) return states;
    const others = await this.#second.describe(names, this.#rest(options, startedMs));
    if (typeof others !== 'string') this.#secondServed();
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
    const other = await this.#second[verb](unit, this.#rest(options, startedMs));
    if (other.kind !== 'unavailable') this.#secondServed();
    return other;
  }

  #firstServed(): void {
    if (!this.#isSecond || this.#watch.problem() !== null) return;
    this.#isSecond = false;
    this.#watch.onChange(null);
  }

  #secondServed(): void {
    const problem = this.#watch.problem();
    if (this.#isSecond || problem === null) return;
    this.#isSecond = true;
    this.#watch.onChange(problem);
  }

  #rest({ timeoutMs, signal }: RunOptions, startedMs: number): RunOptions {
    return { timeoutMs: Math.max(timeoutMs - (this.#clock.monotonicMs() - startedMs), 1), signal };
  }
}
