/** Randomness of the operating system. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../../ports/random.js';

const ID_BYTES = 6;

/** Never repeats in practice, and nobody can guess it. */
export class CryptoRandom implements Random {
  fraction(): number {
    return randomBytes(4).readUInt32BE() / 2 ** 32;
  }

  id(): string {
    return randomBytes(ID_BYTES).toString('hex');
  }
}
