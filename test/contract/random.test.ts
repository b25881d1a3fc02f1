/** Both sources of randomness keep the port's promises. */
import { describe, expect, it } from 'vitest';
import { CryptoRandom } from '../../src/adapters/random/crypto-random.js';
import type { Random } from '../../src/ports/random.js';
import { FakeRandom } from '../support/fake-random.js';

describe.each([
  ['CryptoRandom', (): Random => new CryptoRandom()],
  ['FakeRandom', (): Random => new FakeRandom([0, 0.25, 0.999])],
])('%s', (_name, make) => {
  it('gives fractions from 0 up to, but never, 1', () => {
    const random = make();
    for (let draw = 0; draw < 1000; draw++) {
      const fraction = random.fraction();
      expect(fraction >= 0 && fraction < 1).toBe(true);
    }
  });

  it('gives a fresh id of 12 lower-case hexadecimal characters each time', () => {
    const random = make();
    const ids = Array.from({ length: 1000 }, () => random.id());
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => /^[0-9a-f]{12}$/.test(id))).toBe(true);
  });
});
