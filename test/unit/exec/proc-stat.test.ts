/** Reading /proc/PID/stat, whatever name a program has given itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlive, parseStat } from '../../../src/adapters/exec/proc-stat.js';

const REST =
  '1 4240 4241 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 7 0 123456 90 80 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0';

describe('parseStat', () => {
  it('reads the fields of a line', () => {
    expect(parseStat(`4242 (app) S ${REST}\n`)).toEqual({
      pid: 4242,
      comm: 'app',
      state: 'S',
      parentPid: 1,
      processGroup: 4240,
      session: 4241,
      threads: 7,
      startTicks: 123456,
      isKernelThread: false,
    });
  });

  it('is not taken in by any name', () => {
    const names = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 15 }),
      fc.constantFrom('a) R 1 1 (', ') Z 1 1 1 (', '(', ')', '\n', '', 'a (deleted)'),
    );
    fc.assert(
      fc.property(names, (name) => {
        expect(parseStat(`7 (${name}) S ${REST}`)).toMatchObject({ pid: 7, comm: name, state: 'S', parentPid: 1 });
      }),
    );
  });

  it('answers any other text with null and never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => parseStat(text) === null));
    for (const text of ['', '1 (a)', '1 (a) S', '1 (a) S 1 2 3', `x (a) S ${REST}`, `1 (a) SS ${REST}`])
      expect(parseStat(text)).toBeNull();
  });

  it('knows a thread of the kernel by its flag', () => {
    const line = `2 (kthreadd) S ${REST.replace('4194560', '2129984')}`;
    expect(parseStat(line)?.isKernelThread).toBe(true);
  });
});

describe('isAlive', () => {
  const stat = parseStat(`4242 (app) S ${REST}`);
  it.each([
    ['R', 1, true],
    ['D', 1, true],
    ['T', 1, true],
    ['Z', 1, false],
    ['X', 1, false],
    // Only its first thread has ended.
    ['Z', 3, true],
  ])('of state %s with %s threads is %s', (state, threads, alive) => {
    expect(stat !== null && isAlive({ ...stat, state, threads })).toBe(alive);
  });
});
