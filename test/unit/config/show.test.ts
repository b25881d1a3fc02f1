/** Showing the settings in force. */
import { describe, expect, it } from 'vitest';
import { renderSettings } from '../../../src/config/show.js';
import { read, readWith } from './reading.js';

const TEXT = `password = canary
[logging]
directory = "/var/log/with a space "
[process.default]
max_attempts = 4
health_check_command = check "%s"; true # all
[process.my app]
system_name = app
restart_command = sh -c "a; b" && echo '#x' = "y"
health_check_command =
restart_delay = 400
environment = A=1 B="two words"
health_check_url = http://127.0.0.1/x?a=b
health_check_text = "'quoted'"
`;

describe('renderSettings', () => {
  const loaded = readWith(TEXT, { MONITOR_CHECK_INTERVAL: '7' });
  const shown = renderSettings(loaded.origins.all());

  it('never shows the password, but where it came from', () => {
    expect(shown).not.toContain('canary');
    expect(shown).toContain('; config.ini:4\n; password = ********\n');
    expect(JSON.stringify(loaded.origins.all())).not.toContain('canary');
  });

  it('names where each value came from', () => {
    expect(shown).toContain('[monitor]\n; environment MONITOR_CHECK_INTERVAL\ncheck_interval = 7\n; default\n');
    expect(shown).toContain('; from [process.default], config.ini:8\nmax_attempts = 4\n');
  });

  it('prints what gives the same settings when it is read, the password apart', () => {
    const again = read(shown);
    const { settings } = loaded;
    expect(again.settings.database).toEqual({ ...settings.database, password: null });
    expect(again.settings.monitor).toEqual(settings.monitor);
    expect(again.settings.logging).toEqual(settings.logging);
    for (const name of ['my app', 'other']) {
      expect(again.settings.processes.policyFor(name)).toEqual(settings.processes.policyFor(name));
    }
  });

  it('shows [process.default] only where it counts, so that reading it back handles nothing more', () => {
    const plain = readWith('', { MONITOR_PROCESS_DEFAULT_MAX_ATTEMPTS: '5' });
    expect(read(renderSettings(plain.origins.all())).settings.processes.policyFor('other')).toBeNull();
    const forced = readWith('[monitor]\nunlisted_processes = default', { MONITOR_PROCESS_DEFAULT_MAX_ATTEMPTS: '5' });
    expect(read(renderSettings(forced.origins.all())).settings.processes.policyFor('other')?.maxAttempts).toBe(5);
  });
});
