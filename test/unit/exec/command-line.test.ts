/** Command lines, split as a shell splits them. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/adapters/exec/command-line.js';

describe('parseCommandLine', () => {
  it.each<[string, readonly string[]]>([
    ['/opt/app/bin/run', ['/opt/app/bin/run']],
    ['  run \t fast  ', ['run', 'fast']],
    ['run --name="my app" -Dkey=a=b', ['run', '--name=my app', '-Dkey=a=b']],
    [`run 'one word' "and 'another'"`, ['run', 'one word', "and 'another'"]],
    ['run a\\ b c\\"d', ['run', 'a b', 'c"d']],
    ['run "a \\"b\\" \\n \\\\"', ['run', 'a "b" \\n \\']],
    ['run \'\' ""', ['run', '', '']],
    ["run '$HOME' '*' '#' \\$x", ['run', '$HOME', '*', '#', '$x']],
    ['run "\\$HOME"', ['run', '$HOME']],
    ['run a#b backup~ http://x/y#z', ['run', 'a#b', 'backup~', 'http://x/y#z']],
    ['run -jar \\\n app.jar', ['run', '-jar', 'app.jar']],
    ['run {} %s ăî,!', ['run', '{}', '%s', 'ăî,!']],
  ])('splits %j', (line, words) => {
    expect(parseCommandLine(line)).toEqual({ kind: 'words', words });
  });

  it.each<[string, string | null]>([
    ['run > /var/log/run.log 2>&1', 'run'],
    ['run $OPTIONS', 'run'],
    ['run "$HOME/x"', 'run'],
    ['"/opt/my app/run" ~/x *.conf', '/opt/my app/run'],
    ["run a # it's a comment", 'run'],
    ['~/bin/run', null],
    ['$RUN', null],
    ['> log run', null],
    ['HOME=/x run', null],
    ['cd /opt && run', null],
    ['run | logger', null],
    ['run &', null],
    ['run; run', null],
    ['run\nrun', null],
    ['run $x b#c; other', null],
    ['run $(cat "x)', null],
    ["run `cat it's`", null],
    ['(run)', null],
    ['run << end', null],
  ])('leaves %j to the shell', (line, program) => {
    expect(parseCommandLine(line)).toEqual({ kind: 'shell', program });
  });

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['run "a', 'has a " that is never closed'],
    ["run it's", "has a ' that is never closed"],
    ['run a\\', 'ends with a backslash'],
    ["'' run", 'begins with an empty word'],
    ['run a\0b', 'NUL'],
  ])('refuses %j', (line, words) => {
    const parsed = parseCommandLine(line);
    expect(parsed.kind).toBe('bad');
    expect('detail' in parsed && parsed.detail).toContain(words);
  });

  it('gives back any words that were quoted', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    fc.assert(
      fc.property(fc.array(word), (rest) => {
        const words = ['run', ...rest];
        expect(parseCommandLine(words.map(quote).join(' '))).toEqual({ kind: 'words', words });
      }),
    );
  });

  it('splits every line that it splits at all exactly as sh does', () => {
    const character = fc.constantFrom('a', 'b', ' ', '\t', '"', "'", '\\', '\n', '#', '~', '$', '=', '-', '{', '!');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 14 }), (characters) => {
        const parsed = parseCommandLine(`run ${characters.join('')}`);
        fc.pre(parsed.kind === 'words');
        const script = `run() { for word; do printf '%s\\0' "$word"; done; }\n`;
        const output = execFileSync('sh', ['-c', `${script}run ${characters.join('')}`], { encoding: 'utf8' });
        expect(parsed.words.slice(1)).toEqual(output.split('\0').slice(0, -1));
      }),
      { numRuns: 300 },
    );
  });
});
