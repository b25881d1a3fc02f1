/** What stands after `=`, as the text of a value. */
import { describe, expect, it } from 'vitest';
import { readValue, writeValue } from '../../../src/config/read-value.js';
import type { Reading } from '../../../src/config/value-types.js';

describe('readValue', () => {
  it.each<[Reading, string, string]>([
    ['scalar', '300  # 5 minutes', '300'],
    ['scalar', '300;five', '300'],
    ['scalar', '"300"', '300'],
    ['scalar', "'300' ; quoted", '300'],
    ['scalar', 'true ; yes', 'true'],
    ['scalar', "'1e3'", '1e3'],
    ['scalar', "'", ''],
    ['text', '/srv/a;b#c', '/srv/a;b#c'],
    ['text', '"  two words "', '  two words '],
    ['text', '"a" and "b"', '"a" and "b"'],
    ['verbatim', `sh -c "a; b" && echo '#x'`, `sh -c "a; b" && echo '#x'`],
    ['verbatim', '"quoted as a whole"', '"quoted as a whole"'],
    ['secret', 'ab#cd;e=f', 'ab#cd;e=f'],
    ['secret', '"quoted"', '"quoted"'],
  ])('reads as %s: %s', (reading, raw, text) => {
    expect(readValue(raw, reading)).toBe(text);
  });
});

describe('writeValue', () => {
  it.each(['plain', ' led by a space', '"quoted"', `' mixed "`, 'it"s '])(
    'writes %j so that it is read back',
    (text) => {
      expect(readValue(writeValue(text, 'text'), 'text')).toBe(text);
    },
  );
});
