/** Which policy a process has, and what its section becomes. */
import { describe, expect, it } from 'vitest';
import { settingsFromText } from '../../../src/config/settings-from-text.js';
import { MINIMAL, mistakesWith, policyOf, readWith, refusalOf } from './reading.js';

describe('policyFor', () => {
  const unlisted = (mode: string, rest = ''): unknown =>
    readWith(`[monitor]\nunlisted_processes = ${mode}\n${rest}`).settings.processes.policyFor('other');

  it.each([
    ['auto', '', false],
    ['auto', '[process.default]', true],
    ['default', '', true],
    ['ignore', '[process.default]', false],
  ])('with unlisted_processes = %s and %j: handles a process without a section: %s', (mode, rest, isHandled) => {
    expect(unlisted(mode, rest) !== null).toBe(isHandled);
  });

  it('is not fooled by variables into handling processes without a section', () => {
    const { processes } = readWith('', { MONITOR_PROCESS_DEFAULT_MAX_ATTEMPTS: '5' }).settings;
    expect(processes.policyFor('other')).toBeNull();
  });

  it('gives a name that cannot be a unit or executable none from [process.default]', () => {
    const { processes } = readWith('[process.default]').settings;
    for (const name of ['*', '--help', '../x', 'a b; touch /tmp/x', '', '/bin/sh', 'x'.repeat(255)]) {
      expect(processes.policyFor(name)).toBeNull();
    }
  });

  it('matches section names exactly, where the predecessor took them as a pattern', () => {
    const { processes } = readWith(
      '[process.app.web]\nrestart_strategy = service\n[process.app1web]\nmax_attempts = 3\n',
    ).settings;
    expect(processes.policyFor('app.web')).toMatchObject({ strategy: 'service', maxAttempts: 2 });
    expect(processes.policyFor('app1web')).toMatchObject({ strategy: 'auto', maxAttempts: 3 });
    expect(processes.policyFor('appxweb')).toBeNull();
    expect(processes.listedNames).toEqual(['app.web', 'app1web']);
  });

  it('handles names from the prototype of objects as any other', () => {
    const { processes } = readWith('[process.__proto__]\nmax_attempts = 3').settings;
    expect(processes.policyFor('__proto__')?.maxAttempts).toBe(3);
    expect(processes.policyFor('constructor')).toBeNull();
  });
});

describe('a process section', () => {
  it('becomes a policy with times in milliseconds', () => {
    const text = `[process.my app]
restart_strategy = process
system_name = /opt/app/bin/app
start_command = /opt/app/bin/app --level=3 --mode="a=b"
pre_restart_command = sh -c "a; b" && echo '#x'
restart_delay = 5
restart_delay_multiplier = 1.5
stop_timeout = 30
health_check_command = test -e "/run/%s" # ready
health_check_url = https://localhost:8443/health?a=b#c
health_check_status = 204
health_check_text = "ready "
health_check_port = [::1]:8080
pid_file = /run/app.pid
user = app
working_directory = /opt/app
environment = MODE=prod GREETING="two words" EMPTY= QUOTED='say "hi"'
allow_protected = yes
dry_run = on
`;
    expect(policyOf(text, 'my app')).toMatchObject({
      processName: 'my app',
      strategy: 'process',
      systemName: '/opt/app/bin/app',
      startCommand: '/opt/app/bin/app --level=3 --mode="a=b"',
      preRestartCommand: `sh -c "a; b" && echo '#x'`,
      restartDelayMs: 5000,
      restartDelayMultiplier: 1.5,
      stopTimeoutMs: 30_000,
      healthChecks: [
        { kind: 'command', commandLine: 'test -e "/run/%s" # ready' },
        {
          kind: 'http',
          url: 'https://localhost:8443/health?a=b#c',
          statuses: { from: 204, to: 204 },
          text: 'ready ',
        },
        { kind: 'tcp', host: '::1', port: 8080 },
      ],
      pidFile: '/run/app.pid',
      user: 'app',
      workingDirectory: '/opt/app',
      environment: { MODE: 'prod', GREETING: 'two words', EMPTY: '', QUOTED: 'say "hi"' },
      allowProtected: true,
      dryRun: true,
    });
  });

  it('checks a port without a host on this host', () => {
    expect(policyOf('[process.a]\nhealth_check_port = 80', 'a').healthChecks).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 80 },
    ]);
  });

  it('needs a system name only where its own name is none', () => {
    expect(policyOf('[process.a b]\nsystem_name = ab@1.service', 'a b').systemName).toBe('ab@1.service');
    expect(mistakesWith('[process.a b]')).toHaveLength(1);
  });

  it('keeps a command of several signs and quotes whole, where the predecessor cut it at the second =', () => {
    const line = 'env MODE=prod /opt/x --level=3 "a=b"';
    expect(policyOf(`[process.a]\nrestart_command = ${line}`, 'a').restartCommand).toBe(line);
  });
});

describe('thousands of sections', () => {
  const sections = (count: number, rest = ''): string =>
    Array.from({ length: count }, (_, index) => `[process.p${String(index)}]\n${rest}`).join('\n');

  it('share what they have in common, and nothing else', () => {
    const { processes } = readWith(`${sections(3)}\n[process.other]\nmax_restart_failures = 9\n`).settings;
    const [first, second, other] = ['p0', 'p1', 'other'].map((name) => processes.policyFor(name));
    expect(first?.processName).toBe('p0');
    expect(second?.breaker).toBe(first?.breaker);
    expect(second?.healthChecks).toBe(first?.healthChecks);
    expect(other?.breaker).toEqual({ ...first?.breaker, maxFailures: 9 });
  });

  it('are refused in words where the program has no room for them, before they are read', () => {
    const text = `${MINIMAL}${sections(3000, 'max_attempts = 3')}`;
    const within = (megabytes: number) => (): unknown =>
      settingsFromText(text, { file: 'config.ini', environment: {}, heapLimitBytes: megabytes * 1024 ** 2 });
    expect(refusalOf(within(20)).message).toBe(
      'config.ini: 3001 sections take 24 MB of memory, and the program may have 20; raise --max-old-space-size in ' +
        'ExecStart of the unit to 24 (systemctl edit process-monitor), or leave out what [process.default] says anyway',
    );
    expect(within(24)).not.toThrow();
  });
});
