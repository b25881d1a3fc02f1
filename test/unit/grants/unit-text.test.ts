/** Values in unit files: what systemd takes apart again is what was meant. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { execLine, plainWords, quoted, rawPath } from '../../../src/domain/unit-text.js';
import { readWords } from '../../support/unit-words.js';

const anyText = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
const nasty = fc.oneof(
  anyText,
  fc.string({ unit: fc.constantFrom('%', '$', '"', "'", '\\', ' ', ';', '\n', '\t', 'a', '{', '}', 'x', '4', 'ă') }),
);

describe('a quoted word', () => {
  it('is read as the text that it was written for', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(readWords(quoted(text))).toEqual([text]);
      }),
    );
  });

  it('never holds the end of a line or a bare specifier', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(quoted(text)).not.toMatch(/\n|\r|(?<!%)(?:%%)*%(?!%)/);
      }),
    );
  });
});

describe('a command line', () => {
  it('is read as the program with exactly its arguments, none of them replaced by a variable', () => {
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 6 }), (args) => {
        const line = execLine('/opt/an app/run%s', args) ?? '';
        const [file, ...rest] = readWords(line);
        expect(file).toBe('/opt/an app/run%s');
        // systemd then replaces variables in every argument but the path.
        expect(rest.map((word) => word.replaceAll('$$', () => '$'))).toEqual(args);
        for (const word of rest) expect(word.replaceAll('$$', '')).not.toContain('$');
      }),
    );
  });

  it.each(['/opt/$HOME/x', 'relative', '/opt/x\n', '/opt/x\\'])('is not made for the program %j', (file) => {
    expect(execLine(file, [])).toBeNull();
  });

  it('is not made with an argument that no program can be given', () => {
    expect(execLine('/bin/true', ['a\0b'])).toBeNull();
  });
});

describe('a path that stands alone', () => {
  it('has its percent signs doubled', () => {
    expect(rawPath('/srv/100%/a b')).toBe('/srv/100%%/a b');
  });

  it.each(['/srv/a ', '/srv/a\\', '/srv/a\nb', '/srv/a\t'])(
    'is refused where systemd would read another one: %j',
    (path) => {
      expect(rawPath(path)).toBeNull();
    },
  );
});

it('makes words for people that stay on their line', () => {
  expect(plainWords('a\nb\\ 5% \u202e')).toBe('a_b_ 5%% _');
});
