/** The words exchanged with systemd about a transient unit. */
import { describe, expect, it } from 'vitest';
import type { PreparedStart } from '../../../src/adapters/exec/start-preparation.js';
import {
  explainFailedUnit,
  parseUnitState,
  serviceType,
  systemdRunCommand,
  transientUnitName,
  transientUnitPattern,
} from '../../../src/adapters/exec/transient-unit.js';

const START: PreparedStart = {
  kind: 'prepared',
  name: 'app',
  file: '/opt/app/run',
  args: ['$HOME', '--price=5$', '%h'],
  user: { name: 'www', uid: 33, gid: 33, home: '/var/www', shell: '/bin/sh' },
  workingDirectory: '/srv',
  environment: { A: '1 2' },
  program: 'run',
  isShellLine: false,
};

describe('the name of a transient unit', () => {
  it.each([
    ['app', 'pm-app-3f9a0c5512de.service'],
    ['/opt/my app/é', 'pm-_opt_my_app__-3f9a0c5512de.service'],
    ['a@b\\x', 'pm-a_b_x-3f9a0c5512de.service'],
  ])('of %j is %s', (name, unit) => {
    expect(transientUnitName(name, '3f9a0c5512de')).toBe(unit);
  });

  it('is short enough for any name', () => {
    expect(transientUnitName('x'.repeat(4000), '3f9a0c5512de').length).toBeLessThan(200);
  });

  it('has a pattern with no wildcard from the name', () => {
    expect(transientUnitPattern('a*[b]')).toBe('pm-a__b_-????????????.service');
  });
});

describe('systemdRunCommand', () => {
  it('keeps variables in the arguments from being replaced', () => {
    const { args } = systemdRunCommand(START, 'pm-app-1.service', 'exec');
    expect(args.slice(args.indexOf('--'))).toEqual(['--', '/opt/app/run', '$$HOME', '--price=5$$', '%h']);
  });

  it('says whose, where and with which environment', () => {
    const { args } = systemdRunCommand(START, 'pm-app-1.service', 'simple');
    expect(args).toEqual(
      expect.arrayContaining([
        '--unit=pm-app-1.service',
        '--service-type=simple',
        '--uid=www',
        '--property=WorkingDirectory=/srv',
        '--setenv=A=1 2',
      ]),
    );
    const own = systemdRunCommand({ ...START, user: null }, 'pm-app-1.service', 'simple');
    expect(own.args.some((argument) => argument.startsWith('--uid'))).toBe(false);
  });
});

it.each([
  ['systemd 252 (252.38-1~deb12u1)\n+PAM', 'exec'],
  ['systemd 240', 'exec'],
  ['systemd 239 (239-82.el8)', 'simple'],
  ['', 'simple'],
])('%j means the service type %s', (version, type) => {
  expect(serviceType(version)).toBe(type);
});

it('reads what systemctl shows, in any order', () => {
  expect(parseUnitState('MainPID=42\nExecMainStatus=3\nActiveState=failed\nExecMainCode=1\n')).toEqual({
    activeState: 'failed',
    mainPid: 42,
    exitKind: 1,
    exitStatus: 3,
  });
  expect(parseUnitState('')).toEqual({ activeState: '', mainPid: 0, exitKind: 0, exitStatus: 0 });
});

it.each([
  [1, 3, 'ended', 'run ended with exit code 3'],
  [1, 127, 'ended', 'exit code 127 (it misses an executable)'],
  [2, 11, 'ended', 'killed by signal 11'],
  [3, 6, 'ended', 'killed by signal 6'],
  [1, 200, 'bad_command', 'working directory /srv'],
  [1, 203, 'other', 'could not execute /opt/app/run'],
  [1, 217, 'bad_command', 'user www'],
])('explains an end of kind %s with status %s as %s', (exitKind, exitStatus, reason, words) => {
  const refusal = explainFailedUnit(START, { activeState: 'failed', mainPid: 0, exitKind, exitStatus });
  expect(refusal.reason).toBe(reason);
  expect(refusal.detail).toContain(words);
});

it.each([
  [127, 'missing', 'missing executable: run'],
  [126, 'not_permitted', 'not executable: run'],
  [2, 'ended', 'run ended with exit code 2'],
])('explains the exit code %s of a shell that was to run the program as %s', (exitStatus, reason, words) => {
  const state = { activeState: 'failed', mainPid: 0, exitKind: 1, exitStatus };
  const refusal = explainFailedUnit({ ...START, isShellLine: true }, state);
  expect(refusal.reason).toBe(reason);
  expect(refusal.detail).toContain(words);
});

it('hands the limits of a program to systemd', () => {
  const limits = { memoryMaxBytes: 1024 ** 2, cpuQuotaPercent: 150, tasksMax: null, openFiles: 64 };
  const { args } = systemdRunCommand({ ...START, limits }, 'pm-app-1.service', 'exec');
  const properties = ['--property=MemoryMax=1048576', '--property=CPUQuota=150%', '--property=LimitNOFILE=64'];
  expect(args.slice(0, args.indexOf('--'))).toEqual(expect.arrayContaining(properties));
  expect(args.join(' ')).not.toContain('TasksMax');
});
