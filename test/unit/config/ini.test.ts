/** Reading INI text line by line. */
import { describe, expect, it } from 'vitest';
import { readIni } from '../../../src/config/ini.js';
import { formatIssue } from '../../../src/config/issues.js';

function sectionsOf(text: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    readIni(text, 'f').sections.map(({ name, entries }) => [
      name,
      Object.fromEntries([...entries.values()].map(({ key, value }) => [key, value])),
    ]),
  );
}

const problemsOf = (text: string): string[] => readIni(text, 'f').problems.map(formatIssue);

describe('readIni', () => {
  it('reads a byte order mark, CRLF, comments, blank lines and indented lines', () => {
    const text = '\ufeff; first\r\n[a] ; the section\r\n\r\n  # note\r\n\tx = 1 \r\ny=2\r\n';
    expect(sectionsOf(text)).toEqual({ a: { x: '1', y: '2' } });
    expect(problemsOf(text)).toEqual([]);
  });

  it('splits at the first = and keeps everything after it, where the predecessor cut at the second', () => {
    expect(sectionsOf('[a]\nrun = env MODE=prod /opt/x --level=3')).toEqual({
      a: { run: 'env MODE=prod /opt/x --level=3' },
    });
  });

  it('takes section names literally: dots and spaces are part of them', () => {
    expect(Object.keys(sectionsOf('[process.my.app]\n[process.my app]\n[process.a\\.b]\n["q"]'))).toEqual([
      'process.my.app',
      'process.my app',
      'process.a\\.b',
      '"q"',
    ]);
  });

  it('keeps the line of every section and entry', () => {
    const [section] = readIni('\n[a]\n\nx = 1', 'f').sections;
    expect(section?.line).toBe(2);
    expect(section?.entries.get('x')?.line).toBe(4);
  });

  it('takes only spaces and tabs from around a value: a non-breaking space may belong to a password', () => {
    expect(sectionsOf('[a]\nx = \t\u00a0y\u00a0 \t')).toEqual({ a: { x: '\u00a0y\u00a0' } });
  });

  it('treats names from the prototype of objects as any other', () => {
    const document = readIni('[__proto__]\n__proto__ = 1\nconstructor = 2', 'f');
    expect(document.sections[0]?.entries.get('constructor')?.value).toBe('2');
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  it.each([
    ['x = 1', 'f:1: x: stands before the first [section]'],
    ['[a]\nno equals sign', "f:2: [a] no '=' in this line; allowed: key = value, [section], ; comment"],
    ['[a]\n= 1', "f:2: [a] no key before '='; allowed: key = value"],
    ['[a]\nx=1\nx=2', 'f:3: [a] x: stands twice in this section, first in line 2'],
    ['[a]\n[b]\n[a]', 'f:3: section [a] stands twice, first in line 1'],
    ['[a', 'f:1: not a section header; allowed: [name] alone on its line'],
    ['[]', 'f:1: not a section header; allowed: [name] alone on its line'],
    ['[a] b', 'f:1: not a section header; allowed: [name] alone on its line'],
    ['[a]\nx = 1\0', 'f:2: [a] holds a control character or a byte that is not UTF-8'],
    ['[a]\nx = \u001b[31m', 'f:2: [a] holds a control character or a byte that is not UTF-8'],
    ['[a]\nx = 1\ry = 2', 'f:2: [a] holds a control character or a byte that is not UTF-8'],
    ['[a]\nx = caf\ufffd', 'f:2: [a] holds a control character or a byte that is not UTF-8'],
  ])('says what is wrong with %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('says nothing of the keys under a header that it could not read', () => {
    expect(problemsOf('[a\nx = 1\ny = 2\n[b]\nz = 3')).toHaveLength(1);
  });

  it('never repeats a line that it could not read, for it may hold a password', () => {
    expect(problemsOf('[a]\nhunter2\n[hunter2\n=hunter2').join()).not.toContain('hunter2');
  });
});
