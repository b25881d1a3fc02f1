/** The bus where it answers, the `systemctl` command where it does not. */
import type { Clock } from '../../ports/clock.js';
import type { RunOptions } from '../../ports/command-runner.js';
import type { UnitActionResult, UnitChange, UnitManager, UnitStates, UnitsUnknown } from '../../ports/unit-manager.js';

/** A question is cheap and quick; where the bus has no answer by then, the other way has the rest of the time. */
const LONGEST_QUESTION_MS = 5000;

/**
 * Decides anew for each request; the first way remembers by itself for how long a bus that failed is not tried. What may have
 * been carried out in the first way is never tried in the second: only `unavailable` says that nothing was done.
 */
export class FallbackUnitManager implements UnitManager {
  readonly #first: UnitManager;
  readonly #second: UnitManager;
  readonly #clock: Clock;

  constructor(first: UnitManager, second: UnitManager, clock: Clock) {
    this.#first = first;
    this.#second = second;
    this.#clock = clock;
  }

  async describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown> {
    const startedMs = this.#clock.monotonicMs();
    const timeoutMs = Math.min(options.timeoutMs / 2, LONGEST_QUESTION_MS);
    const states = await this.#first.describe(names, { timeoutMs, signal: options.signal });
    if (typeof states !== 'string' || options.signal.aborted) return states;
    return this.#second.describe(names, this.#rest(options, startedMs));
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

  async #act(verb: 'restart' | 'resetFailed', unit: string, options: RunOptions): Promise<UnitActionResult> {
    const startedMs = this.#clock.monotonicMs();
    const result = await this.#first[verb](unit, options);
    return result.kind === 'unavailable' ? this.#second[verb](unit, this.#rest(options, startedMs)) : result;
  }

  #rest({ timeoutMs, signal }: RunOptions, startedMs: number): RunOptions {
    return { timeoutMs: Math.max(timeoutMs - (this.#clock.monotonicMs() - startedMs), 1), signal };
  }
}
