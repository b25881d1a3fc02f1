/** From arguments to a request, and what is no request. */
import { describe, expect, it } from 'vitest';
import { parse, type Parsed } from '../../../src/cli/parse.js';

function parseLine(line: string): Parsed & { readonly out: string; readonly err: string } {
  const written = { out: '', err: '' };
  const parsed = parse(
    line.split(' ').filter((word) => word !== ''),
    {
      version: '1.2.3',
      out: (text) => (written.out += text),
      err: (text) => (written.err += text),
    },
  );
  return { ...parsed, ...written };
}

describe('requests', () => {
  it.each([
    ['', { command: 'run', isOnce: false, isDryRun: false }],
    ['run --once --dry-run', { command: 'run', isOnce: true, isDryRun: true }],
    ['--once', { command: 'run', isOnce: true, isDryRun: false }],
    ['config check --connect --json', { command: 'config_check', connects: true, isJson: true }],
    ['--config-test', { command: 'config_check', connects: false, isJson: false }],
    ['config show', { command: 'config_show', isJson: false }],
    ['--status', { command: 'status', isJson: false }],
    ['status --json', { command: 'status', isJson: true }],
    ['--restart sshd', { command: 'restart', processName: 'sshd', why: null }],
    ['restart --reason hangs sshd', { command: 'restart', processName: 'sshd', why: 'hangs' }],
    ['reload', { command: 'reload' }],
    ['restart -- -odd', { command: 'restart', processName: '-odd', why: null }],
    ['explain sshd', { command: 'explain', processName: 'sshd', isJson: false }],
    ['match sshd --json', { command: 'match', processName: 'sshd', isJson: true }],
    ['alarm', { command: 'alarm_menu' }],
    ['alarm list', { command: 'alarm_list', isJson: false }],
    [
      'alarm raise a 7',
      { command: 'alarm_change', action: 'raise', targets: ['a', '7'], isAll: false, isAgreed: false },
    ],
    ['alarm ack a', { command: 'alarm_change', action: 'acknowledge', targets: ['a'], isAll: false, isAgreed: false }],
    ['alarm --reset-all', { command: 'alarm_change', action: 'clear', targets: [], isAll: true, isAgreed: true }],
    [
      'alarm random --min-delay 0.5 --max-delay 2 --max-at-once 3 --count 4',
      { command: 'alarm_random', minDelayMs: 500, maxDelayMs: 2000, mostAtOnce: 3, rounds: 4 },
    ],
    [
      'alarm --random',
      { command: 'alarm_random', minDelayMs: 10_000, maxDelayMs: 30_000, mostAtOnce: 2, rounds: null },
    ],
    ['breaker list', { command: 'breaker_list', isJson: false }],
    ['breaker isolate sshd', { command: 'breaker_set', wish: 'isolate', processName: 'sshd', why: null }],
    ['grant', { command: 'grant', mode: 'write', isJson: false }],
    ['grant --dry-run', { command: 'grant', mode: 'dry_run', isJson: false }],
    ['grant --check --json', { command: 'grant', mode: 'check', isJson: true }],
    ['grant --remove', { command: 'grant', mode: 'remove', isJson: false }],
    [
      'migrate',
      {
        command: 'migrate',
        direction: 'migrate',
        isDryRun: false,
        mayBeVisible: false,
        user: null,
        passwordFile: null,
      },
    ],
    [
      'migrate --revert --print --visible --user root --password-file /root/p',
      {
        command: 'migrate',
        direction: 'revert',
        isDryRun: true,
        mayBeVisible: true,
        user: 'root',
        passwordFile: '/root/p',
      },
    ],
    ['demo --for 20', { command: 'demo', forSeconds: 20 }],
  ])('"%s" is understood', (line, request) => {
    expect(parseLine(line)).toMatchObject({ kind: 'request', request, err: '' });
  });

  it('takes global options before and behind the command', () => {
    const globals = { config: 'x.ini', logLevel: 'debug', lang: 'ro' };
    expect(parseLine('--config x.ini --log-level debug --lang ro status')).toMatchObject({ globals });
    expect(parseLine('status --config x.ini --log-level debug --lang ro')).toMatchObject({ globals });
    expect(parseLine('status')).toMatchObject({ globals: { config: null, logLevel: null, lang: null } });
  });
});

describe('usage', () => {
  it.each([
    ['statsu', 'Did you mean status?'],
    ['config chek', 'Did you mean check?'],
    ['alarm rais x', 'Did you mean raise?'],
    ['breaker rest x', 'Did you mean reset?'],
    ['--restart', 'missing required argument'],
    ['restart', 'missing required argument'],
    ['restart a b', 'too many arguments'],
    ['--foo', 'unknown option'],
    ['--dry-rum', 'Did you mean --dry-run?'],
    ['status extra', 'too many arguments'],
    ['--config', 'argument missing'],
    ['--config= status', 'It is empty'],
    ['--log-level loud', 'debug, info, warn, error'],
    ['--lang fr', 'en, ro'],
    ['alarm raise', 'name one or more processes, or --all'],
    ['alarm raise x --all', 'name one or more processes, or --all'],
    ['alarm random --min-delay 5 --max-delay 1', '--min-delay is more than --max-delay'],
    ['alarm random --count 0', 'A number from 1 expected'],
    ['grant --check --remove', 'only one of --dry-run, --check and --remove'],
    ['demo --for soon', 'Seconds expected'],
    ['config', 'Usage: process-monitor config'],
    ['breaker', 'Usage: process-monitor breaker'],
  ])('"%s" is a usage error and starts nothing', (line, words) => {
    const parsed = parseLine(line);
    expect(parsed).toMatchObject({ kind: 'over', exitCode: 2, out: '' });
    expect(parsed.err).toContain(words);
  });

  it.each([
    ['--help', 'Usage: process-monitor [options] [command]'],
    ['-h', '--config-test, --status, --restart NAME'],
    ['alarm --help', 'raise'],
    ['help status', 'Usage: process-monitor status'],
    ['--version', '1.2.3'],
  ])('"%s" answers on standard output', (line, words) => {
    const parsed = parseLine(line);
    expect(parsed).toMatchObject({ kind: 'over', exitCode: 0, err: '' });
    expect(parsed.out).toContain(words);
  });
});
