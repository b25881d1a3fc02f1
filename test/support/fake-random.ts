/** Randomness that a test knows beforehand. */
import type { Random } from '../../src/ports/random.js';

/** Fractions come from the given list, over and over; ids count up in their first eight digits: `000000010000`, `000000020000`, … */
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
    return `${this.#ids.toString(16).padStart(8, '0')}0000`;
  }
}
