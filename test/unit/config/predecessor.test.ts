/** The settings file of the bash monitor: all of it is understood, and what has changed is told. */
import { describe, expect, it } from 'vitest';
import { mistakesWith, notices, read, readWith } from './reading.js';

const OLD_FILE = `[database]
host = localhost
user = root
password = ab#cd
database = v_process_monitor
[monitor]
check_interval = 120
max_restart_failures = 3
circuit_reset_time = 600
[logging]
max_log_size = 5120
log_files_to_keep = 5
format = json
json_pretty = false
console_output = true
log_level = WARNING
track_restart_stats = false
[host]
host_id = 1
[self_recovery]
heartbeat_file = /var/run/monitor_service.heartbeat
stale_after_seconds = 300
restart_command = initctl restart monitor_service || systemctl restart monitor_service
precheck_command =
[predictive]
enabled = 0
collection_interval = 60
[process.default]
restart_strategy = auto
pre_restart_command =
max_attempts = 3
[process.sshd]
restart_strategy = service
system_name = sshd
health_check_command = systemctl is-active %s
[process.app]
restart_strategy = custom
restart_command = env MODE=prod /opt/app --level=3
`;

describe('a file of the predecessor', () => {
  it('works as it is', () => {
    const { settings } = read(OLD_FILE);
    expect(settings.database).toMatchObject({ user: 'root', password: 'ab#cd' });
    expect(settings.logging).toMatchObject({
      level: 'warn',
      console: 'on',
      format: 'json',
      maxLogSizeBytes: 5_242_880,
    });
    expect(settings.host.hostId).toBe(1);
    expect(settings.selfRecovery.heartbeatFile).toBe('/var/run/monitor_service.heartbeat');
    expect(settings.processes.policyFor('app')?.restartCommand).toBe('env MODE=prod /opt/app --level=3');
    expect(settings.processes.policyFor('other')?.origin).toBe('default_section');
  });

  it('leads to one notice for everything that changed', () => {
    expect(notices(read(OLD_FILE)).map((line) => line.replace('config.ini:', ''))).toEqual([
      "4: [database] password: the predecessor's client cut it at '#', now all of it counts",
      expect.stringMatching(/^9: \[monitor\] circuit_reset_time: .*one trial/),
      '14: [logging] json_pretty: a key of the predecessor; for lines that people read, set format = text',
      '15: [logging] console_output: a key of the predecessor; read as console = on',
      '16: [logging] log_level: a key of the predecessor; read as level = warn',
      '17: [logging] track_restart_stats: a key of the predecessor; every restart and its duration is in the log',
      expect.stringMatching(/^22: \[self_recovery\] stale_after_seconds: .*systemd/),
      expect.stringMatching(/^23: \[self_recovery\] restart_command: .*systemd/),
      expect.stringMatching(/^24: \[self_recovery\] precheck_command: .*systemd/),
      expect.stringMatching(/^25: \[predictive\] a section of the predecessor/),
      '32: [process.sshd] never restarted as it stands: sshd is protected; allow_protected = yes in its section lifts this',
      "38: [process.app] restart_command: the predecessor read only 'env MODE', now all of it counts: 'env MODE=prod /opt/app --level=3'",
    ]);
  });

  it.each([
    ['restart_script_path = /opt/r.sh', 'write restart_command = /path/to/script'],
    ['restart_block_b64 = ZWNobw==', 'write restart_command = /path/to/script'],
  ])('is refused where %s would silently do something else', (line, advice) => {
    expect(mistakesWith(`[process.a]\n${line}`)).toEqual([expect.stringContaining(advice)]);
  });

  it('keeps the new key where both stand, and refuses an old value it does not know', () => {
    expect(readWith('[logging]\nlog_level = DEBUG\nlevel = error').settings.logging.level).toBe('error');
    expect(mistakesWith('[logging]\nlog_level = LOUD')).toEqual([expect.stringContaining("found 'LOUD'")]);
  });
});

describe('advice on commands', () => {
  const advice = (line: string): readonly string[] => notices(readWith(`[process.a]\nrestart_command = ${line}`));

  it.each([
    ['initctl restart x', 'initctl'],
    ['service x restart', 'systemctl restart'],
    ['pkill x', 'pgrep -x'],
    ['pgrep -f x', 'pgrep -x'],
    ['pgrep x | grep -x y', 'pgrep -x'],
  ])('is given on %s', (line, word) => {
    expect(advice(line)).toEqual([expect.stringContaining(word)]);
  });

  it.each(['pgrep -x x', 'pkill -HUP -x x', 'pgrep -u root -fx x', 'pgrep --exact x', 'systemctl restart x.service'])(
    'is not given on %s',
    (line) => {
      expect(advice(line)).toEqual([]);
    },
  );

  it('says that %s is the system name now, where that is another one', () => {
    const text = '[process.a]\nsystem_name = b\nhealth_check_command = systemctl is-active %s';
    expect(notices(readWith(text))).toEqual([expect.stringContaining('%s stands for the system name, b')]);
  });

  it('says that a comment behind a text is part of it', () => {
    expect(notices(readWith('[logging]\ndirectory = /var/log/pm ; logs'))).toEqual([
      expect.stringContaining('is part of the value'),
    ]);
  });

  it('says where nothing can be started', () => {
    expect(notices(readWith('[process.no-such-program]\nrestart_strategy = process'))).toEqual([
      expect.stringContaining('no program no-such-program is found'),
    ]);
    expect(notices(readWith('[process.sh]\nrestart_strategy = process'))).toEqual([]);
  });

  it('says when quotes around a password count', () => {
    expect(notices(readWith('password = "x"'))).toEqual([expect.stringContaining('the quotes around it are part')]);
  });
});
