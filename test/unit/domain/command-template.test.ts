/** Placeholders in configured shell lines: filled in everywhere, always one word, proved by a real shell. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillCommand, needsWorkingDirectory } from '../../../src/domain/command-template.js';

const values = { systemName: 'my.app', workingDirectory: '/srv/my app' };

describe('a configured line', () => {
  it.each<[string, string, string]>([
    ['has its system name filled in', 'systemctl restart %s', 'systemctl restart my.app'],
    ['has it filled in each time', '%s stop; %s start', 'my.app stop; my.app start'],
    ['has it filled in inside a longer word', '/etc/init.d/%s.sh restart', '/etc/init.d/my.app.sh restart'],
    ['has its working directory filled in as one word', 'cd %d && ./run', "cd '/srv/my app' && ./run"],
    ['keeps its own quotes around a placeholder', 'cd "%d" && ./run', 'cd "/srv/my app" && ./run'],
    ['keeps its own single quotes around a placeholder', "cd '%d'", "cd '/srv/my app'"],
    ['keeps a doubled percent sign as one', 'date +%%s', 'date +%s'],
    ['keeps every other percent sign', 'date +%H:%M', 'date +%H:%M'],
    ['keeps several equals signs', 'A=1 B="x=y" run', 'A=1 B="x=y" run'],
    ['keeps what a backslash protects', 'echo \\"%s\\"', 'echo \\"my.app\\"'],
    ['keeps a percent sign at its end', 'echo 100%', 'echo 100%'],
  ])('%s', (_sentence, line, filled) => {
    expect(fillCommand(line, values)).toEqual({ ok: true, line: filled });
  });

  it('asks for the working directory only where it says so', () => {
    expect(['cd %d', 'date %%d', 'x %s', '%%%d'].map(needsWorkingDirectory)).toEqual([true, false, false, true]);
  });

  it('is refused where the working directory is not known', () => {
    const filled = fillCommand('cd %d', { ...values, workingDirectory: null });
    expect(filled).toMatchObject({ ok: false, detail: expect.stringContaining('%d') as string });
  });

  it('needs no working directory where it does not ask for one', () => {
    expect(fillCommand('x %s', { ...values, workingDirectory: null }).ok).toBe(true);
  });
});

describe('a value that could become shell text', () => {
  it.each([
    ['inside a command substitution in quotes', 'ls "$(basename %d)"', '/tmp/x; touch y'],
    ['inside quotes in a command substitution in quotes', 'ls "$(basename "%d")"', '/tmp/$(touch y)'],
    ['inside a parameter in quotes', 'ls "${DIR:-"%d"}"', '/tmp/$(touch y)'],
    ['inside backticks', 'ls `basename %d`', '/tmp/`touch y`'],
    ['inside single quotes in backticks', "ls `basename '%d'`", '/tmp/`touch y`'],
    ['in a line with quotes of the shell’s own kind', "run $'it\\'s' in %d", '/tmp/x; touch y'],
    ['with a line break behind a comment sign', 'run # in %d', '/tmp/x\ntouch y'],
  ])('is refused %s', (_where, line, workingDirectory) => {
    expect(fillCommand(line, { systemName: 'app', workingDirectory }).ok).toBe(false);
  });

  it('is no trouble where it is a plain word', () => {
    const filled = fillCommand('ls "$(basename %d)" `dirname %d`', { systemName: 'app', workingDirectory: '/srv/app' });
    expect(filled).toEqual({ ok: true, line: 'ls "$(basename /srv/app)" `dirname /srv/app`' });
  });
});

describe('a real shell', () => {
  const places: readonly (readonly [line: string, around: readonly [string, string]])[] = [
    ['printf "<%%s>" %d', ['', '']],
    ['printf "<%%s>" "%d"', ['', '']],
    ["printf '<%%s>' '%d'", ['', '']],
    ['printf "<%%s>" pre%dpost', ['pre', 'post']],
    ["printf '<%%s>' \"a b\"%d'c d'", ['a b', 'c d']],
    ['printf "<%%s>" "it\'s %d"', ["it's ", '']],
    ['printf "<%%s>" \'say "%d"\'', ['say "', '"']],
    ['printf "<%%s>" \\"%d\\"', ['"', '"']],
    ['printf "<%%s>" $(printf "%%s" "a")%d', ['a', '']],
    ['printf "<%%s>" "$(printf "%%s" %d)"', ['', '']],
    ['printf "<%%s>" `printf "%%s" a`"%d"', ['a', '']],
  ];
  const nasty = fc.constantFrom(...Array.from('\'"\\$`;&|<>(){}[]*?~#!%sd= -ab/é😀'));
  const value = fc.oneof(fc.string({ unit: nasty, maxLength: 12 }), fc.stringMatching(/^[a-z0-9/._-]{1,12}$/));

  it('reads every value as exactly one word, or the line is refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), value, ([line, [before, after]], workingDirectory) => {
        const filled = fillCommand(line, { systemName: 'app', workingDirectory });
        const isPlain = /^[A-Za-z0-9/._-]+$/.test(workingDirectory);
        if (!filled.ok) {
          expect(isPlain).toBe(false);
          return;
        }
        const shell = spawnSync('/bin/sh', ['-c', filled.line], { encoding: 'utf8' });
        expect(shell).toMatchObject({ status: 0, stderr: '', stdout: `<${before}${workingDirectory}${after}>` });
      }),
      { numRuns: 300 },
    );
  }, 30_000);
});
