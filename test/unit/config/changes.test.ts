/** What is told of settings that have changed. */
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../src/config/changes.js';
import { settingsFromText } from '../../../src/config/settings-from-text.js';

const BASE = '[database]\nuser = monitor\ndatabase = monitor\n';

function load(text: string) {
  return settingsFromText(BASE + text, { file: 'config.ini', environment: {} });
}

function changed(before: string, now: string) {
  return changesBetween(load(before), load(before), load(now));
}

describe('changes between two readings', () => {
  it('are none where nothing has changed but comments and order', () => {
    const same = changed(
      '[monitor]\ncheck_interval = 5\nshell = /bin/sh',
      '[monitor]\n; x\nshell = /bin/sh\ncheck_interval = 5',
    );
    expect(same).toEqual({ changes: [], pending: [] });
  });

  it('name each key with its old and its new value', () => {
    expect(changed('', '[monitor]\ncheck_interval = 5').changes).toEqual(['monitor.check_interval = 5 (was 30)']);
  });

  it('name sections that are new and that are gone, and inherited values where they count', () => {
    expect(changed('[process.a]\n', '[process.b]\n').changes).toEqual(['[process.a] is gone', '[process.b] is new']);
    const grown = changed('[process.a]\n', '[monitor]\nmax_restart_failures = 9\n[process.a]\n');
    expect(grown.changes).toContain('process.a.max_restart_failures = 9 (was 3)');
  });

  it('never tell a password, only that it has changed', () => {
    const { changes } = changed('password = old-secret', 'password = new-secret');
    expect(changes).toEqual(['database.password']);
  });

  it('set apart what takes a restart, for as long as it differs from what the monitor began with', () => {
    const [started, next] = [load(''), load('[host]\nhost_id = 7')];
    const pending = ['host.host_id = 7 (was not set)'];
    expect(changesBetween(started, started, next)).toEqual({ changes: [], pending });
    expect(changesBetween(started, next, next)).toEqual({ changes: [], pending });
    expect(changesBetween(started, next, started)).toEqual({ changes: [], pending: [] });
  });
});
