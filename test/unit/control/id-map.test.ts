/** Which users can be told apart, by the kernel's table of them. */
import { describe, expect, it } from 'vitest';
import { tellable } from '../../../src/adapters/control/id-map.js';

const OVERFLOW = '65534\n';

describe('users', () => {
  it('are all told apart outside of a user namespace, nobody among them', () => {
    const isTellable = tellable('         0          0 4294967295\n', OVERFLOW);
    expect([0, 1001, 65_534].map(isTellable)).toEqual([true, true, true]);
  });

  it('are root and the own one in a unit with PrivateUsers=yes', () => {
    const isTellable = tellable('         0          0          1\n       990        990          1\n', OVERFLOW);
    expect([0, 990, 1001, 65_534].map(isTellable)).toEqual([true, true, false, false]);
  });

  it('are those of a container; the one that stands for all others is not', () => {
    const isTellable = tellable('0 100000 65536\n', OVERFLOW);
    expect([0, 1001, 65_534, 70_000].map(isTellable)).toEqual([true, true, false, false]);
  });

  it('are taken as they are where the kernel has no such table', () => {
    expect(tellable('', '')(65_534)).toBe(true);
  });
});
