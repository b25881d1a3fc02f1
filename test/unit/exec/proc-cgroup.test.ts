/** The unit that a program lives in, from each form of its cgroup file. */
import { expect, it } from 'vitest';
import { unitOfCgroup } from '../../../src/adapters/exec/proc-cgroup.js';

it.each([
  ['cgroup2', '0::/system.slice/cron.service\n', 'cron.service'],
  ['both hierarchies', '9:pids:/\n1:name=systemd:/system.slice/cron.service\n0::/\n', 'cron.service'],
  ['an instance in a slice', '0::/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service'],
  ['a group below the unit', '0::/system.slice/docker.service/payload', 'docker.service'],
  ['a login session', '0::/user.slice/user-0.slice/session-4.scope', 'session-4.scope'],
  ['a unit within a unit', '0::/user.slice/user-7.slice/user@7.service/app.slice/x.service', 'x.service'],
  ['an escaped name', '0::/system.slice/_cpu.service', 'cpu.service'],
  ['a name with colons', '0::/system.slice/pm-a:b.service', 'pm-a:b.service'],
  ['the root', '0::/\n', null],
  ['a slice only', '0::/system.slice\n', null],
  ['another controller only', '4:memory:/system.slice/cron.service\n', null],
  ['nothing', '', null],
])('%s', (_, text, unit) => {
  expect(unitOfCgroup(text)).toBe(unit);
});
