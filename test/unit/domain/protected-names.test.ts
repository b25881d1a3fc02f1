/** Names that stay alone: the monitor, what a machine stands on, and units that are no services. */
import { describe, expect, it } from 'vitest';
import { protection } from '../../../src/domain/protected-names.js';

describe('left alone unless the operator lifts it', () => {
  it.each([
    'dbus',
    'dbus.service',
    'dbus-broker',
    'polkit',
    'sshd',
    'ssh.service',
    'systemd-logind',
    'systemd-reboot.service',
    'systemd',
    'init',
    'user@1000.service',
    'getty@tty1',
    'emergency',
    'rescue.service',
    'mariadb',
    'mysqld.service',
    'mariadb@one.service',
    '/usr/sbin/sshd',
    'poweroff',
    'reboot',
    '/sbin/halt',
    'shutdown',
  ])('%s', (name) => {
    expect(protection([name], false)).toContain('is protected; allow_protected = yes');
    expect(protection([name], true)).toBeNull();
  });
});

describe('left alone whatever the operator writes', () => {
  it.each(['process-monitor', 'process-monitor.service', 'process-monitor@two.service', '/usr/bin/process-monitor'])(
    '%s, the monitor itself',
    (name) => {
      expect(protection([name], true)).toBe(`${name} is the monitor itself`);
    },
  );

  it.each([
    'poweroff.target',
    'reboot.target',
    'halt.target',
    'ctrl-alt-del.target',
    'emergency.target',
    'sysinit.target',
    'system.slice',
    'init.scope',
    'home.mount',
    'swapfile.swap',
    'dbus.socket',
    'fstrim.timer',
    'x.path',
    'x.device',
    'x.automount',
  ])('%s, which is no service', (name) => {
    expect(protection([name], true)).toBe(`${name} is not a service`);
  });
});

describe('not protected', () => {
  it.each(['app', 'nginx.service', 'my-sshd', 'sshd-proxy', 'systemd2', 'process-monitored', 'app@mysql', 'dbuser'])(
    '%s',
    (name) => {
      expect(protection([name], false)).toBeNull();
    },
  );
});

it('one protected name among the aliases protects the whole unit', () => {
  expect(protection(['database', 'database.service', 'mysql.service'], false)).toContain('mysql.service is protected');
  expect(protection(['harmless', 'process-monitor.service'], true)).toContain('is the monitor itself');
});
