/** Which value counts, and what the settings are when little is said. */
import { describe, expect, it } from 'vitest';
import { settingsFromText } from '../../../src/config/settings-from-text.js';
import { MINIMAL, mistakesWith, policyOf, read, readWith } from './reading.js';

describe('settings', () => {
  it('need nothing but the user and the name of the database', () => {
    const { settings, notices } = read(MINIMAL);
    expect(notices).toEqual([]);
    expect(settings).toMatchObject({
      database: {
        engine: 'mysql',
        hosts: [{ host: 'localhost', port: 3306 }],
        socket: null,
        password: null,
        ssl: { mode: 'off', caFile: null },
        connectTimeoutMs: 5000,
        queryTimeoutMs: 10_000,
        poolSize: 4,
        writeBack: 'auto',
      },
      monitor: { checkIntervalMs: 30_000, hostRestartBudget: 0, startupGraceMs: 60_000, shell: '/bin/sh' },
      logging: { level: 'info', format: 'json', maxLogSizeBytes: 5_242_880, logFilesToKeep: 5 },
      host: { hostId: null },
      selfRecovery: { heartbeatFile: null },
    });
  });

  it('take a file database with its path alone', () => {
    expect(read('[database]\nengine = sqlite\npath = /var/lib/a.db').settings.database).toEqual({
      engine: 'sqlite',
      path: '/var/lib/a.db',
      queryTimeoutMs: 10_000,
      writeBack: 'auto',
      claims: 'auto',
    });
  });

  it('read a list of hosts in its order, each with its own port', () => {
    const { settings } = readWith('host = db1, db2:3307, [::1]:3308, fe80::1\nport = 3310');
    expect(settings.database).toMatchObject({
      hosts: [
        { host: 'db1', port: 3310 },
        { host: 'db2', port: 3307 },
        { host: '::1', port: 3308 },
        { host: 'fe80::1', port: 3310 },
      ],
    });
  });

  it('are frozen all the way down', () => {
    const loaded = readWith('[process.a]\nenvironment = A=1\nhealth_check_port = 80');
    const policy = loaded.settings.processes.policyFor('a');
    const parts = [loaded, loaded.settings.database, loaded.settings.processes, loaded.origins, policy];
    expect([...parts, policy?.environment, policy?.healthChecks[0], policy?.breaker].every(Object.isFrozen)).toBe(true);
  });

  it('accept a byte order mark, CRLF and comments after numbers, words and yes or no', () => {
    const text = '[monitor]\r\ncheck_interval = 300  # 5 minutes\r\n[logging]\r\nformat = TEXT ; for people\r\n';
    const loaded = read(`\ufeff${MINIMAL.replaceAll('\n', '\r\n')}${text}[process.a]\r\nenabled = no # not yet\r\n`);
    expect(loaded.settings.monitor.checkIntervalMs).toBe(300_000);
    expect(loaded.settings.logging.format).toBe('text');
    expect(loaded.settings.processes.policyFor('a')?.enabled).toBe(false);
  });
});

describe('the order of sources', () => {
  const text = `${MINIMAL}[logging]\nlevel = warn\n`;
  const level = (environment: Record<string, string>, option?: string): string => {
    const overrides =
      option === undefined ? [] : [{ option: '--log-level', section: 'logging', key: 'level', value: option }];
    return settingsFromText(text, { file: 'f', environment, overrides }).settings.logging.level;
  };

  it('is option, environment, file, default', () => {
    expect(level({ MONITOR_LOG_LEVEL: 'debug' }, 'error')).toBe('error');
    expect(level({ MONITOR_LOG_LEVEL: 'debug' })).toBe('debug');
    expect(level({ MONITOR_LOGGING_LEVEL: 'debug' })).toBe('debug');
    expect(level({})).toBe('warn');
  });

  it('lets an empty variable count as not set', () => {
    expect(level({ MONITOR_LOG_LEVEL: '' })).toBe('warn');
  });

  it('names option and variable in their mistakes', () => {
    expect(mistakesWith('', { MONITOR_CHECK_INTERVAL: 'x', MONITOR_MONITOR_MASS_ALARM_MIN: '0' })).toEqual([
      expect.stringMatching(/^environment MONITOR_CHECK_INTERVAL: \[monitor\] check_interval: not allowed/),
      expect.stringMatching(/^environment MONITOR_MONITOR_MASS_ALARM_MIN: /),
    ]);
  });

  it('refuses an unknown variable, one key set by two, and control characters', () => {
    const environment = {
      MONITOR_DB_PORTT: '1',
      MONITOR_DB_HOST: 'a',
      MONITOR_DATABASE_HOST: 'b',
      MONITOR_LOG_LEVEL: 'debug\n',
    };
    expect(mistakesWith('', environment)).toEqual([
      'environment MONITOR_DB_PORTT: unknown variable; did you mean MONITOR_DB_PORT?',
      'environment MONITOR_DATABASE_HOST: [database] host: set twice, also by MONITOR_DB_HOST',
      'environment MONITOR_LOG_LEVEL: [logging] level: holds a control character or a byte that is not UTF-8',
    ]);
  });

  it('leaves alone what systemd sets by itself, and everything without the prefix', () => {
    const environment = { MONITOR_UNIT: 'x.service', MONITOR_EXIT_CODE: 'exited', MONITORING: '1', PATH: '/bin' };
    expect(readWith('', environment).notices).toEqual([]);
  });
});

describe('what a process falls back to', () => {
  const text = `[monitor]
max_restart_failures = 7
restart_budget = 20
[process.default]
max_attempts = 4
health_check_command = check %s
restart_budget = 30
[process.own]
max_attempts = 5
health_check_command =
`;

  it('is its own section, then [process.default], then [monitor], then the default', () => {
    expect(policyOf(text, 'own')).toMatchObject({
      origin: 'own_section',
      maxAttempts: 5,
      healthChecks: [],
      restartDelayMs: 2000,
      breaker: { maxFailures: 7, resetAfterMs: 300_000, resetMultiplier: 2, maxOpenMs: 14_400_000 },
      budget: { restarts: 30, windowMs: 3_600_000 },
    });
    expect(policyOf(text, 'other')).toMatchObject({
      origin: 'default_section',
      systemName: 'other',
      maxAttempts: 4,
      healthChecks: [{ kind: 'command', commandLine: 'check %s' }],
    });
  });

  it('lets variables stand above [process.default] and below a section of its own', () => {
    const { processes } = readWith(text, { MONITOR_PROCESS_DEFAULT_MAX_ATTEMPTS: '9' }).settings;
    expect(processes.policyFor('other')?.maxAttempts).toBe(9);
    expect(processes.policyFor('own')?.maxAttempts).toBe(5);
  });

  it('lets an upper bound that nobody set grow with the value under it', () => {
    const policy = policyOf('[process.a]\nrestart_delay = 400\ncircuit_reset_time = 20000', 'a');
    expect([policy.restartDelayMaxMs, policy.breaker.maxOpenMs]).toEqual([400_000, 20_000_000]);
  });
});
