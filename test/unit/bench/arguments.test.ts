/** What the benchmark makes of its words. */
import { describe, expect, it } from 'vitest';
import { PART_NAMES, parseArguments } from '../../bench/arguments.js';

describe('the arguments of the benchmark', () => {
  it('are all parts where none is named', () => {
    expect(parseArguments([])).toEqual({ parts: PART_NAMES, quick: false, json: null, write: false, before: null });
  });

  it('name parts in any order, which run in theirs', () => {
    expect(parseArguments(['idle', '--quick', 'storm']).parts).toEqual(['storm', 'idle']);
  });

  it('name a file for the figures', () => {
    expect(parseArguments(['--json', 'x.json', '--write'])).toMatchObject({ json: 'x.json', write: true });
  });

  it.each([[['--json']], [['strom']], [['--wirte']], [['storm', '--write']], [['added', 'storm']]])(
    'are refused with the usage: %j',
    (words) => {
      expect(() => parseArguments(words)).toThrow('npm run bench --');
    },
  );
});
