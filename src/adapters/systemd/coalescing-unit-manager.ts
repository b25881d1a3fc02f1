/** Merges questions about units that are asked while another one is being answered: a storm costs a few commands, not hundreds. */
import type { RunOptions } from '../../ports/command-runner.js';
import type { UnitActionResult, UnitChange, UnitManager, UnitStates, UnitsUnknown } from '../../ports/unit-manager.js';

interface Question {
  readonly names: readonly string[];
  readonly options: RunOptions;
  readonly answer: (states: UnitStates | UnitsUnknown) => void;
  /** A bug below: whoever has asked hears of it. */
  readonly fail: (cause: unknown) => void;
}

/** More than this many at once are a look at everything, which can take seconds where strangers fill the tables. */
const MOST_OF_A_QUICK_QUESTION = 60;

/**
 * One quick question is under way at a time, and one long one beside it, for which the quick ones need not wait. What is
 * asked meanwhile is asked together, next; so every answer was looked up after its question was put. Actions pass
 * straight through.
 */
export class CoalescingUnitManager implements UnitManager {
  readonly #inner: UnitManager;
  readonly #quick: Lane;
  readonly #long: Lane;

  constructor(inner: UnitManager) {
    this.#inner = inner;
    this.#quick = new Lane(inner);
    this.#long = new Lane(inner);
  }

  describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown> {
    const lane = names.length > MOST_OF_A_QUICK_QUESTION ? this.#long : this.#quick;
    return lane.describe(names, options);
  }

  restart(unit: string, options: RunOptions): Promise<UnitActionResult> {
    return this.#inner.restart(unit, options);
  }

  resetFailed(unit: string, options: RunOptions): Promise<UnitActionResult> {
    return this.#inner.resetFailed(unit, options);
  }

  follow(names: readonly string[], onChange: (change: UnitChange) => void, signal: AbortSignal): void {
    this.#inner.follow(names, onChange, signal);
  }

  get isHearing(): boolean {
    return this.#inner.isHearing;
  }
}

/** One question after another. */
class Lane {
  readonly #inner: UnitManager;
  #waiting: Question[] = [];
  #isAsking = false;

  constructor(inner: UnitManager) {
    this.#inner = inner;
  }

  describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown> {
    if (options.signal.aborted) return Promise.resolve('no_answer');
    return new Promise((resolve, fail) => {
      const giveUp = (): void => {
        // What nobody waits for any more is not asked: at a stop it would only hold up the end.
        this.#waiting = this.#waiting.filter((other) => other !== question);
        resolve('no_answer');
      };
      options.signal.addEventListener('abort', giveUp, { once: true });
      const answer = (states: UnitStates | UnitsUnknown): void => {
        options.signal.removeEventListener('abort', giveUp);
        resolve(typeof states === 'string' ? states : pick(states, names));
      };
      const question = { names, options, answer, fail };
      this.#waiting.push(question);
      void this.#askAll();
    });
  }

  async #askAll(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const questions = this.#waiting;
      this.#waiting = [];
      try {
        const states = await this.#askFor(questions);
        for (const { answer } of questions) answer(states);
      } catch (cause) {
        for (const { fail } of questions) fail(cause);
      }
    }
    this.#isAsking = false;
  }

  #askFor(questions: readonly Question[]): Promise<UnitStates | UnitsUnknown> {
    const names = [...new Set(questions.flatMap((question) => question.names))];
    // One who gives up must not take the answer away from the others: the time limit alone ends it.
    const forAll = new AbortController().signal;
    const timeoutMs = Math.max(...questions.map(({ options }) => options.timeoutMs));
    return this.#inner.describe(names, { timeoutMs, signal: forAll });
  }
}

function pick(states: UnitStates, names: readonly string[]): UnitStates {
  return new Map([...states].filter(([name]) => names.includes(name)));
}
