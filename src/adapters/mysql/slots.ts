/** A bounded number of places, waited for in turn. */
import { DeadlineError, withDeadline, type Bounds } from './deadline.js';

export class Slots {
  #size: number;
  /** Below zero while more are taken than there shall be. */
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
    this.#free = size;
  }

  /** More places, or fewer as they are given back. */
  resize(size: number): void {
    this.#free += size - this.#size;
    this.#size = size;
    while (this.#free > 0 && this.#waiting.length > 0) {
      this.#free -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Resolves with what gives the place back, to be called once; or with why there was none. */
  async take(bounds: Bounds): Promise<(() => void) | 'full' | 'stopped'> {
    if (bounds.signals.some((signal) => signal.aborted)) return 'stopped';
    if (this.#free > 0) {
      this.#free -= 1;
      return () => this.#release();
    }
    let wake = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting.push(wake);
    try {
      await withDeadline(bounds, turn);
      return () => this.#release();
    } catch (error) {
      // A place handed over in the same instant in which the wait ended must not get lost.
      if (!this.#waiting.includes(wake)) this.#release();
      this.#waiting = this.#waiting.filter((other) => other !== wake);
      return error instanceof DeadlineError ? 'full' : 'stopped';
    }
  }

  #release(): void {
    const next = this.#free < 0 ? undefined : this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
