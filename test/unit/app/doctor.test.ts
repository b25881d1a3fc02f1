/** The parts of `doctor` that decide, without a host around them. */
import { describe, expect, it } from 'vitest';
import { judgeSkew } from '../../../src/adapters/mysql/examination.js';
import { judgeRoom } from '../../../src/app/doctor/clock-and-disk.js';
import { createDoctorContext, type Examiner } from '../../../src/app/doctor/context.js';
import { examine, runDoctor } from '../../../src/app/doctor/run-doctor.js';
import { judgeNode, judgeSystemd } from '../../../src/app/doctor/runtime.js';
import { isMonitor } from '../../../src/app/doctor/rivals.js';
import { judgeUnit } from '../../../src/app/doctor/processes.js';
import { ROMANIAN_FINDINGS } from '../../../src/cli/finding-words-ro.js';
import { ConfigError, errorIssue } from '../../../src/config/issues.js';
import { fillWords, finding } from '../../../src/domain/finding.js';
import { FINDING_WORDS } from '../../../src/domain/finding-words.js';
import type { RunningProcess } from '../../../src/domain/unit-state.js';
import { notFoundState } from '../../../src/adapters/systemd/unit-properties.js';
import { policyOf } from '../../support/policy.js';

const { signal } = new AbortController();

describe('the words of findings', () => {
  it('name the same values in both languages, or leave out what is English', () => {
    const placesOf = (words: string): readonly string[] =>
      [...words.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
    for (const [code, words] of Object.entries(FINDING_WORDS)) {
      const romanian = placesOf(ROMANIAN_FINDINGS[code as keyof typeof FINDING_WORDS]);
      expect(placesOf(words), code).toEqual(expect.arrayContaining([...romanian]));
    }
  });

  it('take values as they are, also such as look like a place or a pattern', () => {
    expect(fillWords('{path}: {free}', { path: '{free} $& $1', free: '3' })).toBe('{free} $& $1: 3');
    expect(finding('fine', 'disk', 'disk_good', { path: '/x', free: 3 })).toMatchObject({
      text: '/x: 3 MiB free',
      values: { path: '/x', free: '3' },
      remedy: null,
    });
  });
});

describe('an examiner', () => {
  const context = createDoctorContext({ loaded: null, configFile: '/x', probes: false }, signal);
  const failing: Examiner = { name: 'failing', run: () => Promise.reject(new Error('boom')) };
  const throwing: Examiner = {
    name: 'throwing',
    run: () => {
      throw new Error('bang');
    },
  };
  const hanging: Examiner = { name: 'hanging', run: () => new Promise(() => undefined) };
  const good: Examiner = {
    name: 'good',
    run: () => Promise.resolve([finding('fine', 'good', 'node_good', { version: '1' })]),
  };

  it('that fails or throws is a finding itself', async () => {
    expect(await examine(failing, await context)).toMatchObject([
      { severity: 'problem', code: 'check_failed', about: 'failing' },
    ]);
    expect(await examine(throwing, await context)).toMatchObject([
      { severity: 'problem', text: 'this check itself failed: bang' },
    ]);
  });

  it('that hangs is given up, and the others are heard', async () => {
    expect(await examine(hanging, await context, 1)).toMatchObject([{ severity: 'warning', code: 'check_late' }]);
    const load = (): never => {
      throw new ConfigError([errorIssue({ source: '/x', problem: 'not found' })]);
    };
    const report = await runDoctor({ configFile: '/x', probes: false, load }, [failing, good]);
    expect(report.areSettingsUsable).toBe(false);
    expect(report.findings.map(({ code }) => code)).toEqual(['settings_bad', 'check_failed', 'node_good']);
  });
});

describe('what it stands on', () => {
  it.each([
    ['20.16.0', 'problem'],
    ['20.17.0', 'fine'],
    ['18.20.4', 'problem'],
    ['24.0.0', 'fine'],
  ])('Node %s is a %s', (version, severity) => expect(judgeNode(version).severity).toBe(severity));

  it.each([
    ['systemd 252 (252.39-1~deb12u1)\n+PAM', 'fine', 'systemd 252'],
    ['systemd 239 (239-82.el8)', 'warning', 'systemd 239 lacks OOMPolicy, ProtectClock, LoadCredential, ProtectProc'],
    ['systemd 219', 'problem', 'systemd 219 is too old: 239 or later is needed'],
    ['busybox', 'warning', 'systemd does not run here: units, sandbox and watchdog are not to be had'],
  ])('%j', (output, severity, text) => expect(judgeSystemd({ output })).toMatchObject({ severity, text }));

  it.each([
    [{ bavail: 0 }, 'disk_full'],
    [{ ffree: 0 }, 'disk_no_inodes'],
    [{ bavail: 10 }, 'disk_low'],
    [{ files: 0, ffree: 0 }, 'disk_good'],
    [{ blocks: 100_000_000, bavail: 1_000_000 }, 'disk_good'],
  ])('room %j is %s', (changes, code) => {
    const room = { bsize: 4096, blocks: 1000, bavail: 900, files: 100, ffree: 50, ...changes };
    expect(judgeRoom('/x', room).code).toBe(code);
  });

  it('clocks may differ by five seconds', () => {
    expect([judgeSkew(4900).severity, judgeSkew(-4900).severity]).toEqual(['fine', 'fine']);
    expect(judgeSkew(60_000).text).toBe('the clock of the server is 60 s ahead of ours');
    expect(judgeSkew(-60_000).text).toBe('the clock of the server is 60 s behind ours');
  });
});

describe('a second monitor', () => {
  const running = (argv: readonly string[], changes: Partial<RunningProcess> = {}): RunningProcess => ({
    identity: { pid: 50, startTicks: 1, bootId: 'x' },
    parentPid: 1,
    processGroup: 50,
    session: 50,
    uid: 0,
    executable: null,
    argv,
    comm: 'node',
    state: 'S',
    unit: null,
    isKernelThread: false,
    isContained: false,
    ...changes,
  });
  const program = '/opt/process-monitor/dist/process-monitor.js';

  it.each([
    [['/usr/bin/node', '--optimize-for-size', program, 'run'], {}, true],
    [['node', program], {}, true],
    [['node', program, '--config', '/x', 'run'], {}, true],
    [['node', program, 'doctor'], {}, false],
    [['vi', program], {}, false],
    [['node', '/opt/other.js', 'run'], {}, false],
    [['node', program], { isContained: true }, false],
    [['node', program], { unit: 'process-monitor.service' }, false],
  ] as const)('%j %j: %s', (argv, changes, expected) => {
    expect(isMonitor(running(argv, changes), 7, 8)).toBe(expected);
    expect(isMonitor(running(argv, changes), 50, 8)).toBe(false);
    expect(isMonitor(running(argv, changes), 7, 50)).toBe(false);
  });
});

describe('a unit', () => {
  it('is told by its real name, with what keeps it down and how to free it', () => {
    const unit = {
      ...notFoundState('mariadb.service'),
      loadState: 'loaded',
      result: 'start-limit-hit',
      type: 'oneshot',
    };
    const found = judgeUnit(policyOf({ systemName: 'mysql' }), unit);
    expect(found.map(({ code, remedy }) => [code, remedy])).toEqual([
      ['unit_alias', null],
      ['unit_oneshot', null],
      ['unit_start_limit', 'systemctl reset-failed -- mariadb.service'],
    ]);
  });
});
