/** What is refused, and in which words. */
import { describe, expect, it } from 'vitest';
import { mistakes, mistakesWith, readWith } from './reading.js';

const TWELVE = `[database]
user = monitor
database = alarms
port = 70000
hots = db1
[monitor]
check_intervall = 5
check_interval = 0x10
max_restart_failures =
level = debug
[loging]
[process.web]
restart_strategy = sometimes
max_attempts = 2
max_attempts = 3
a line without the sign
[process.my app]
[process.db]
restart_strategy = custom
`;

describe('mistakes', () => {
  it('are all told at once: twelve in one file are twelve messages, each with its line', () => {
    expect(mistakes(TWELVE)).toEqual([
      "config.ini:4: [database] port: not allowed; found '70000'; allowed: a whole number, 1 to 65535",
      'config.ini:5: [database] hots: unknown key; did you mean host?',
      'config.ini:7: [monitor] check_intervall: unknown key; did you mean check_interval?',
      "config.ini:8: [monitor] check_interval: not allowed; found '0x10'; allowed: whole seconds, 1 to 86400",
      'config.ini:9: [monitor] max_restart_failures: empty; allowed: a whole number, 1 to 1000',
      'config.ini:10: [monitor] level: unknown key; it belongs to [logging]',
      'config.ini:11: [loging] unknown section; did you mean [logging]?',
      "config.ini:13: [process.web] restart_strategy: not allowed; found 'sometimes'; allowed: one of auto, service, process, custom",
      'config.ini:15: [process.web] max_attempts: stands twice in this section, first in line 14',
      "config.ini:16: [process.web] no '=' in this line; allowed: key = value, [section], ; comment",
      'config.ini:17: [process.my app] system_name: missing: the name of this section cannot be that of a unit or executable; add system_name = NAME',
      'config.ini:19: [process.db] restart_strategy: custom needs a restart_command',
    ]);
  });

  it.each([
    ['[process:web]', 'did you mean [process.web]?'],
    ['[proces.web]', 'did you mean [process.web]?'],
    ['[process]', 'write [process.NAME] or [process.default]'],
    ['[process.]', 'write [process.NAME] or [process.default]'],
    ['[Monitor]', 'did you mean [monitor]?'],
    ['[__proto__]', 'unknown section'],
    ['[process.default]\nsystem_name = x', 'it belongs to [process.NAME]'],
    ['[process.default]\n__proto__ = x', '__proto__: unknown key'],
  ])('in %j lead to advice', (text, advice) => {
    expect(mistakesWith(text)).toEqual([expect.stringContaining(advice)]);
  });

  it.each(['', '-1', '+1', '1.5', '0x10', '1e3', '１', '99999999999999999999', 'ten', '86401', '0'])(
    'refuses %j as seconds',
    (text) => {
      expect(mistakesWith(`[monitor]\ncheck_interval = ${text}`)).toHaveLength(1);
    },
  );

  it.each([
    ['health_check_text', 'é'.repeat(1000)],
    ['working_directory', `/${'a'.repeat(4094)}`],
  ])('takes %s up to its length, and refuses one character more', (key, longest) => {
    expect(() => readWith(`[process.a]\n${key} = ${longest}`)).not.toThrow();
    expect(mistakesWith(`[process.a]\n${key} = ${longest}a`)).toEqual([
      expect.stringContaining(`[process.a] ${key}: not allowed`),
    ]);
  });

  it('keeps every time far below the longest timer', () => {
    const longest = 2 ** 31 - 1;
    const { settings } = readWith('[process.a]\nstable_time = 604800\ncommand_timeout = 86400');
    const policy = settings.processes.policyFor('a');
    expect(Math.max(policy?.stableTimeMs ?? Infinity, policy?.commandTimeoutMs ?? Infinity)).toBeLessThan(longest);
  });

  it('tells an inherited mistake once, where it stands', () => {
    expect(mistakesWith('[process.default]\nmax_attempts = no\n[process.a]\n[process.b]\n')).toEqual([
      expect.stringMatching(/^config\.ini:5: \[process\.default\] max_attempts: not allowed/),
    ]);
  });

  it('shows control characters and long values without harm, on one line', () => {
    const [line] = mistakesWith(`[process.a]\nuser = ${'é\u2028'.repeat(200)}`);
    expect(line).toMatch(/\\u2028/);
    expect(line?.split(/[\n\u2028]/)).toHaveLength(1);
    expect(line?.length).toBeLessThan(1200);
  });
});

describe('what must fit together', () => {
  it.each([
    ['[database]\nengine = sqlite', 'path: missing, and engine = sqlite needs it'],
    ['[database]\nuser = x', 'database: missing, and engine = mysql needs it'],
    ['[database]\nuser = x\ndatabase = y\npath = /x.db\nssl_cert = /c', 'ssl_cert: has no effect with ssl = off'],
    ['[database]\nuser = x\ndatabase = y\nssl = verify\nhost = db1, 10.0.0.1', 'write a DNS name'],
    ['[database]\nuser = x\ndatabase = y\nssl = verify\nhost = [::1]:3306', 'write a DNS name'],
    ['[database]\nuser = x\ndatabase = y\nssl = required\nssl_key = /k', 'ssl_key: needs ssl_cert beside it'],
  ])('%j is refused', (text, problem) => {
    expect(mistakes(text)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
  });

  it('points from a path without an engine to sqlite', () => {
    expect(mistakes('[database]\npath = /x.db')[0]).toContain('write engine = sqlite');
  });

  it.each([
    ['[process.a]\nrestart_delay = 5\nrestart_delay_max = 4', 'restart_delay (5) is more than restart_delay_max (4)'],
    ['[monitor]\ncircuit_reset_max = 299', 'circuit_reset_time (300) is more than circuit_reset_max (299)'],
    ['[process.a]\nsystem_name = /opt/a', 'a path is allowed only with restart_strategy = process'],
    ['[process.a]\nsystem_name = --help', 'system_name: not allowed'],
    ['[process.*]', 'add system_name = NAME'],
    ['[process.default]\nrestart_strategy = custom', 'custom needs a restart_command'],
    ['[process.a]\nhealth_check_url = ftp://x/', 'health_check_url: not allowed'],
    ['[process.a]\nhealth_check_port = 0', 'health_check_port: not allowed'],
    ['[process.a]\nhealth_check_status = 500-400', 'health_check_status: not allowed'],
    ['[process.a]\nenvironment = A=1 2B=3', 'environment: not allowed'],
    ['[process.a]\nenvironment = A="x', 'environment: not allowed'],
    ['[process.a]\nenvironment = A=1 A=2', 'environment: not allowed'],
    ['[process.a]\nworking_directory = opt', 'an absolute path'],
    ['[process.a]\nuser = a b', 'user: not allowed'],
  ])('%j is refused', (text, problem) => {
    expect(mistakesWith(text)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('secrets', () => {
  it('never stand in a message, wherever they were written', () => {
    const canary = 'canary-9f2c';
    const text = [
      `[database]\nuser = u\ndatabase = d\npassword = ${canary}=#1\npassword = ${canary}`,
      `passwrod = ${canary}`,
      canary,
      `[process.a]\nhealth_check_url = http://u:${canary}@h/`,
      `[database]\npassword = ${canary}`,
    ].join('\n');
    const environment = { MONITOR_DB_PASSWORD: canary, MONITOR_DATABASE_PASSWORD: canary, MONITOR_DB_PASSWRD: canary };
    const told = mistakes(text, environment);
    expect(told.length).toBeGreaterThan(5);
    expect(told.join('\n')).not.toContain(canary);
  });

  it('are refused when empty', () => {
    expect(mistakesWith('password =')).toEqual([expect.stringContaining('[database] password: empty')]);
  });
});
