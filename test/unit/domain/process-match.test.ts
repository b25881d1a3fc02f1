/** Which programs a name means: exact identity, and never a neighbour, an ancestor, a container's or the kernel's. */
import { describe, expect, it } from 'vitest';
import { familyOf, matchProcesses, transientUnitBase, type MatchQuery } from '../../../src/domain/process-match.js';
import type { RunningProcess } from '../../../src/domain/unit-state.js';

const MONITOR = 900;

/** One program; its executable is its first argument and its short name the first 15 characters of that. */
function program(pid: number, argv: readonly string[], wish: Partial<RunningProcess> = {}): RunningProcess {
  const path = wish.executable ?? argv[0] ?? '';
  return {
    identity: { pid, startTicks: pid * 10, bootId: 'boot' },
    parentPid: 1,
    processGroup: pid,
    session: pid,
    uid: 0,
    executable: argv[0] ?? null,
    argv,
    comm: path.slice(path.lastIndexOf('/') + 1).slice(0, 15),
    state: 'S',
    unit: null,
    isKernelThread: false,
    isContained: false,
    ...wish,
  };
}

function match(systemName: string, all: readonly RunningProcess[], wish: Partial<MatchQuery> = {}): readonly number[] {
  const found = matchProcesses(all, { systemName, uid: null, pidFilePid: null, ownPid: MONITOR, ...wish });
  return found.roots.map(({ identity }) => identity.pid);
}

function reasons(
  systemName: string,
  all: readonly RunningProcess[],
  wish: Partial<MatchQuery> = {},
): readonly string[] {
  const found = matchProcesses(all, { systemName, uid: null, pidFilePid: null, ownPid: MONITOR, ...wish });
  return found.rejected.map(({ running, why }) => `${running.identity.pid}: ${why}`);
}

describe('a name means', () => {
  it.each<[string, string, RunningProcess]>([
    ['the program of that file name', 'worker', program(10, ['/opt/app/worker', '-d'])],
    ['the program of exactly that path', '/opt/app/worker', program(10, ['/opt/app/worker'])],
    ['a program started by its bare name', 'worker', program(10, ['worker'], { executable: '/opt/app/worker' })],
    ['a program whose executable may not be read', 'worker', program(10, ['/opt/app/worker'], { executable: null })],
    [
      'a program that rewrote its title',
      'nginx',
      program(10, ['nginx: master process /usr/sbin/nginx -g x'], { executable: null }),
    ],
    ['a script run by a shell', 'backup.sh', program(10, ['/bin/sh', '/opt/backup.sh', 'all'])],
    ['a script run by a shell that ends at errors', 'backup.sh', program(10, ['/bin/sh', '-e', '/opt/backup.sh'])],
    ['a script with options of its own', 'worker.py', program(10, ['python3', '-u', '/opt/worker.py', '-c', 'x.conf'])],
    ['a script by its path', '/opt/worker.py', program(10, ['/usr/bin/python3.12', '/opt/worker.py'])],
    [
      'a program in a transient unit that we made for it',
      'worker',
      program(10, ['/bin/anything'], { unit: 'pm-worker-0a1b2c.service' }),
    ],
  ])('%s', (_sentence, name, running) => {
    expect(match(name, [running])).toEqual([10]);
  });
});

describe('a name never means', () => {
  it.each<[string, string, RunningProcess, string | null]>([
    [
      'a program with the same first 15 characters',
      'long-worker-name-one',
      program(10, ['/opt/long-worker-name-two']),
      'its name is another',
    ],
    ['a program that it is a part of', 'cron', program(10, ['/usr/sbin/crond']), 'its name is another'],
    ['a program that is a part of it', 'crond', program(10, ['/usr/sbin/cron']), null],
    ['an editor of the program’s file', 'worker', program(10, ['vi', '/opt/app/worker']), 'its name is another'],
    ['a shell line that mentions it', 'worker', program(10, ['sh', '-c', 'worker']), 'its name is another'],
    ['a shell line behind several options', 'worker', program(10, ['bash', '-lc', 'worker']), 'its name is another'],
    ['program text on the command line', 'worker', program(10, ['python3', '-c', 'worker']), 'its name is another'],
    ['program text of perl', 'worker', program(10, ['perl', '-ne', 'worker']), 'its name is another'],
    ['the program of another directory', '/opt/a/worker', program(10, ['/opt/b/worker']), 'its name is another'],
    ['a zombie', 'worker', program(10, ['worker'], { state: 'Z' }), 'it has ended already'],
    [
      'a thread of the kernel',
      'worker',
      program(10, ['worker'], { isKernelThread: true }),
      'it is a thread of the kernel',
    ],
    ['a program in a container', 'worker', program(10, ['worker'], { isContained: true }), 'it runs in a container'],
    [
      'the first program of the machine',
      'worker',
      program(1, ['worker'], { parentPid: 0 }),
      'it is the monitor or started the monitor',
    ],
    ['a transient unit of a longer name', 'worker', program(10, ['x'], { unit: 'pm-worker-two-0a1b.service' }), null],
    [
      'what was started for a file of that name elsewhere',
      '/opt/a/run.sh',
      program(10, ['java'], { unit: 'pm-:opt:b:run.sh-0a1b2c.service' }),
      null,
    ],
    ['a unit that only looks like ours', 'worker', program(10, ['x'], { unit: 'pm-worker-xyz.service' }), null],
  ])('%s', (_sentence, name, running, why) => {
    expect(match(name, [running])).toEqual([]);
    expect(reasons(name, [running])).toEqual(why === null ? [] : [`${running.identity.pid}: ${why}`]);
  });

  it('the monitor, or anything that started it', () => {
    const all = [
      program(1, ['init'], { parentPid: 0 }),
      program(500, ['node', '/opt/start.js'], { parentPid: 1 }),
      program(MONITOR, ['node', '/opt/monitor.js'], { parentPid: 500 }),
      program(901, ['node', '/opt/other.js']),
    ];
    expect(match('node', all)).toEqual([901]);
    expect(match('start.js', all)).toEqual([]);
  });

  it('a program of another user than the one asked for', () => {
    const all = [program(10, ['worker'], { uid: 1000 }), program(11, ['worker'], { uid: 1001 })];
    expect(match('worker', all, { uid: 1001 })).toEqual([11]);
    expect(reasons('worker', all, { uid: 1001 })).toEqual(['10: it runs as another user (uid 1000)']);
  });
});

describe('several programs of one name', () => {
  const parent = program(10, ['worker']);
  const child = program(11, ['worker'], { parentPid: 10 });
  const grandchild = program(13, ['worker'], { parentPid: 12 });
  const between = program(12, ['sh', '-c', 'x'], { parentPid: 11 });
  const twin = program(20, ['worker']);

  it('are one where all descend from one, even through others', () => {
    expect(match('worker', [grandchild, between, child, parent])).toEqual([10]);
  });

  it('are several heads where they do not', () => {
    expect(match('worker', [parent, child, twin])).toEqual([10, 20]);
  });

  it('are told apart by the pid file', () => {
    expect(match('worker', [parent, twin], { pidFilePid: 20 })).toEqual([20]);
    expect(reasons('worker', [parent, twin], { pidFilePid: 20 })).toEqual(['10: the pid file names another']);
  });

  it('are told apart by the pid file of one of their children', () => {
    expect(match('worker', [parent, child, twin], { pidFilePid: 11 })).toEqual([10]);
  });

  it.each([
    ['nothing that runs', 4711, true],
    ['a stranger', 30, true],
    ['the program itself', 10, false],
    ['a child of it', 11, false],
  ])('leave a doubt where only one runs and the pid file names %s (pid %i): %s', (_what, pidFilePid, isDoubtful) => {
    const all = [parent, child, program(30, ['sshd'])];
    const found = matchProcesses(all, { systemName: 'worker', uid: null, pidFilePid, ownPid: MONITOR });
    expect(found.roots.map(({ identity }) => identity.pid)).toEqual([10]);
    expect(found.doubt !== undefined).toBe(isDoubtful);
  });

  it('stay several where the pid file names a stranger', () => {
    const stranger = program(30, ['sshd']);
    expect(match('worker', [parent, twin, stranger], { pidFilePid: 30 })).toEqual([10, 20]);
  });
});

it.each([
  ['may be the program of that path', {}, true],
  ['shows another path, and is not it', { argv: ['/opt/b/run.sh'] }, false],
  ['has ended, and is not it', { state: 'Z' as const }, false],
])('what an earlier version started in a unit named by the file alone %s', (_what, shows, isDoubtful) => {
  const running = program(10, ['java', '-jar', 'app.jar'], { unit: 'pm-run.sh-0a1b2c.service', ...shows });
  const found = matchProcesses([running], {
    systemName: '/opt/a/run.sh',
    uid: null,
    pidFilePid: null,
    ownPid: MONITOR,
  });
  expect(found.roots).toEqual([]);
  expect(found.doubt ?? '').toMatch(
    isDoubtful ? /^pid 10 in pm-run\.sh-0a1b2c\.service, made by an earlier version, may be it$/ : /^$/,
  );
});

it('a pid file alone proves nothing: it never makes a stranger the program meant', () => {
  expect(match('worker', [program(30, ['sshd'])], { pidFilePid: 30 })).toEqual([]);
});

describe('the family of a program', () => {
  it('is everything below it and in its group or session, children before parents', () => {
    const root = program(10, ['worker']);
    const child = program(11, ['x'], { parentPid: 10, processGroup: 11, session: 11 });
    const grandchild = program(12, ['y'], { parentPid: 11, processGroup: 11, session: 11 });
    const leftBehind = program(13, ['z'], { parentPid: 1, processGroup: 10, session: 10 });
    const stranger = program(14, ['s']);
    const family = familyOf(root, [stranger, grandchild, leftBehind, child, root]).map(({ identity }) => identity.pid);
    expect([...family].sort()).toEqual([10, 11, 12, 13]);
    expect(family.at(-1)).toBe(10);
    expect(family.indexOf(12)).toBeLessThan(family.indexOf(11));
  });

  it('does not take in the whole group of a program that does not lead it', () => {
    const shell = program(9, ['bash']);
    const root = program(10, ['worker'], { parentPid: 9, processGroup: 9, session: 9 });
    const neighbour = program(11, ['other'], { parentPid: 9, processGroup: 9, session: 9 });
    expect(familyOf(root, [shell, root, neighbour])).toEqual([root]);
  });
});

it.each([
  ['worker', 'pm-worker'],
  ['/opt/app/worker', 'pm-:opt:app:worker'],
  ['getty@tty1', 'pm-getty_tty1'],
  ['x'.repeat(300), `pm-${'x'.repeat(150)}`],
])('the transient unit of %.20s is named so that it is a valid unit', (name, base) => {
  expect(transientUnitBase(name)).toBe(base);
});
