/** Shell lines whose quotes do not pair, told as the shell itself tells them. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openQuote } from '../../../src/domain/open-quote.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';

describe('a shell line', () => {
  it.each([
    ['su - oracle -c "lsnrctl stop; lsnrctl start', '"'],
    ["cd /opt && ./run 'x", "'"],
    ['echo "it\'s" \'', "'"],
    ['echo "a \\"', '"'],
    ['echo a#"', '"'],
    ['echo \\ #"', '"'],
  ])('has a quote that is never closed: %j', (line, quote) => {
    expect(openQuote(line)).toBe(quote);
  });

  it.each([
    'sh -c "a; b" && echo \'#x\' = "y"',
    "run # it's a comment",
    'run;# "',
    'echo \\" \\\'',
    'echo "\\\\"',
    'echo "$(echo "a")"',
    'echo `echo "`',
    'echo a\\',
    '',
  ])('has none, as far as can be told: %j', (line) => {
    expect(openQuote(line)).toBe(null);
  });

  it(
    'is called broken only where /bin/sh calls it broken, and always where no other syntax is in the way',
    () => {
      const parts = fc.constantFrom('"', "'", '\\', '#', ' ', 'a', '=', '%s', '$x', '*', ',');
      fc.assert(
        fc.property(fc.array(parts, { maxLength: 12 }), (words) => {
          const line = `echo ${words.join('')}`;
          const { status } = spawnSync('/bin/sh', ['-n', '-c', line]);
          expect(openQuote(line) !== null).toBe(status !== 0);
        }),
        runs(200),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
