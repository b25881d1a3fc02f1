/** Each strategy's own proof that a process is well and stayed the same. */
import { describe, expect, it } from 'vitest';
import { judgePrograms, judgeUnit, type Judgement } from '../../../src/domain/own-check.js';
import type { RunningProcess, UnitState } from '../../../src/domain/unit-state.js';
import { unitOf } from '../../support/policy.js';

const up = unitOf('app.service');
const waiting = unitOf('app.service', { activeState: 'activating', subState: 'auto-restart', mainPid: 0 });
const failed = unitOf('app.service', { activeState: 'failed', result: 'exit-code', execMainStatus: 3, mainPid: 0 });
const down = unitOf('app.service', { activeState: 'inactive', subState: 'dead', mainPid: 0 });
const oneshot = unitOf('app.service', { type: 'oneshot', activeState: 'inactive', subState: 'dead', mainPid: 0 });
const starting = unitOf('app.service', { activeState: 'activating', subState: 'start' });
const again = { ...up, invocationId: 'b'.repeat(32), mainPid: 4712 };

describe('a unit', () => {
  it.each<[string, UnitState, UnitState, Judgement['kind'], string]>([
    ['is well when it runs as before', up, up, 'well', 'unit app.service is active (running)'],
    ['is well while it reloads', up, { ...up, activeState: 'reloading' }, 'well', 'reloading'],
    ['is looked at again when another main program runs', up, { ...up, mainPid: 5 }, 'not_yet', 'only just come up'],
    ['is looked at again when it was started anew', up, again, 'not_yet', 'only just come up'],
    ['is looked at again when it was not up before', starting, up, 'not_yet', 'only just come up'],
    ['is looked at again while it starts', starting, starting, 'not_yet', 'activating (start)'],
    ['is looked at again while it stops', up, { ...down, activeState: 'deactivating' }, 'not_yet', 'deactivating'],
    ['is looked at again while systemd waits to restart it', waiting, waiting, 'not_yet', 'systemd waits'],
    ['is unwell when it ended and waits to be restarted', up, waiting, 'unwell', 'it ended, and systemd is about to'],
    ['is unwell when it failed', up, failed, 'unwell', 'unit app.service is failed (exit-code, status 3)'],
    ['is unwell when its program has ended', up, down, 'unwell', 'its program has ended'],
    [
      'is unwell when systemd restarted it meanwhile',
      up,
      { ...again, nRestarts: 1 },
      'unwell',
      'restarted it 1 time(s)',
    ],
    ['is unwell when it crashed and waits again', up, { ...waiting, nRestarts: 1 }, 'unwell', 'restarted it 1 time(s)'],
    ['is unwell when a condition kept it from starting', up, { ...down, conditionHeld: false }, 'unwell', 'condition'],
    ['is well as a oneshot that has done its work', oneshot, oneshot, 'well', 'it has done its work'],
    [
      'is well as a oneshot that systemd has forgotten',
      oneshot,
      { ...oneshot, invocationId: '' },
      'well',
      'done its work',
    ],
    ['is unwell as a oneshot that failed', oneshot, { ...oneshot, result: 'exit-code' }, 'unwell', 'has ended'],
  ])('%s', (...[, before, now, kind, detail]) => {
    const judgement = judgeUnit(before, now);
    expect(judgement.kind).toBe(kind);
    expect(judgement.detail).toContain(detail);
  });

  it('counts as new when it was started anew, so that its stability is counted from then', () => {
    expect(judgeUnit(up, again)).toMatchObject({ kind: 'not_yet', isNew: true });
  });
});

describe('a unit that systemd was about to restart when it was first seen', () => {
  const third = { ...waiting, nRestarts: 3 };

  it('may come up once', () => {
    expect(judgeUnit(third, { ...again, nRestarts: 4 })).toMatchObject({ kind: 'not_yet', isNew: true });
  });

  it('is unwell when it came up and crashed again', () => {
    expect(judgeUnit(third, { ...waiting, nRestarts: 4 }).kind).toBe('unwell');
  });

  it('is unwell when it came up more than once', () => {
    expect(judgeUnit(third, { ...again, nRestarts: 5 }).kind).toBe('unwell');
  });
});

describe('a program', () => {
  const one: RunningProcess = {
    identity: { pid: 10, startTicks: 100, bootId: 'boot' },
    parentPid: 1,
    processGroup: 10,
    session: 10,
    uid: 0,
    executable: '/opt/worker',
    argv: ['/opt/worker'],
    comm: 'worker',
    state: 'S',
    unit: null,
    isKernelThread: false,
    isContained: false,
  };
  const other = { ...one, identity: { ...one.identity, pid: 11 } };

  it('is well when it is the same as before', () => {
    expect(judgePrograms([one.identity], [one], 'worker')).toEqual({ kind: 'well', detail: 'worker runs (pid 10)' });
  });

  it.each<[string, RunningProcess]>([
    ['number', other],
    ['start time', { ...one, identity: { ...one.identity, startTicks: 101 } }],
    ['boot', { ...one, identity: { ...one.identity, bootId: 'next' } }],
  ])('is another one with another %s', (_what, now) => {
    expect(judgePrograms([one.identity], [now], 'worker')).toMatchObject({ kind: 'not_yet', isNew: true });
  });

  it('is looked for again when none runs', () => {
    const judgement = judgePrograms([one.identity], [], 'worker');
    expect(judgement).toEqual({ kind: 'not_yet', detail: 'no running program is named worker', isNew: false });
  });

  it('is looked at again when a second one has come up beside it', () => {
    expect(judgePrograms([one.identity], [one, other], 'worker')).toMatchObject({ kind: 'not_yet', isNew: true });
  });
});
