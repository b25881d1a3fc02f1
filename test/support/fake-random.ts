/** Randomness that a test knows beforehand. */
import type { Random } from '../../src/ports/random.js';

/** Fractions come from the given list, over and over; ids count up: `000000000001`, `000000000002`, … */
export class FakeRandom implements Random {
  readonly #fractions: readonly number[];
  #taken = 0;
  #ids = 0;

  constructor(fractions: readonly number[] = [0.5]) {
    this.#fractions = fractions;
  }

  fraction(): number {
    return this.#fractions[this.#taken++ % this.#fractions.length] ?? 0.5;
  }

  id(): string {
    this.#ids += 1;
    return this.#ids.toString(16).padStart(12, '0');
  }
}
