/** The stable period: what is a relapse, what a person's doing, and what is worth another look. */
import { describe, expect, it } from 'vitest';
import type { UnitState } from '../../../src/domain/unit-state.js';
import { judgeWatchedPrograms, judgeWatchedUnit, type WatchJudgement } from '../../../src/domain/watch-check.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeProcessTable } from '../../support/fake-process-table.js';
import { unitOf } from '../../support/policy.js';

const evidence = { invocationId: 'a'.repeat(32) };
const up = unitOf('app.service');
const again = { ...up, invocationId: 'b'.repeat(32) };
const down = unitOf('app.service', { activeState: 'inactive', subState: 'dead' });

describe('a watched unit', () => {
  it.each<[string, UnitState, WatchJudgement['kind']]>([
    ['stays well while it runs on', up, 'same'],
    ['stays well while it reloads', { ...up, activeState: 'reloading' }, 'same'],
    ['is watched on in its new life when a person restarted it', again, 'replaced'],
    ['has failed when systemd had to restart it', { ...again, nRestarts: 1 }, 'failed'],
    [
      'has failed when systemd is about to restart it',
      { ...up, activeState: 'activating', subState: 'auto-restart' },
      'failed',
    ],
    [
      'has been stopped when it failed over being asked to end',
      { ...up, activeState: 'failed', wasAskedToEnd: true },
      'stopped',
    ],
    [
      'has failed when the watchdog ended it',
      { ...up, activeState: 'failed', result: 'watchdog', wasAskedToEnd: true },
      'failed',
    ],
    ['has failed when it is failed', { ...up, activeState: 'failed' }, 'failed'],
    ['is no longer watched when it was stopped in good order', down, 'stopped'],
    ['is looked at again while a person stops it', { ...up, activeState: 'deactivating' }, 'unsure'],
    ['is looked at again while it starts', { ...again, activeState: 'activating', subState: 'start' }, 'unsure'],
    ['stays well as a oneshot that has done its work', { ...down, type: 'oneshot' }, 'same'],
    ['stays well as a oneshot that systemd has forgotten', { ...down, type: 'oneshot', invocationId: '' }, 'same'],
  ])('%s', (_sentence, now, kind) => {
    expect(judgeWatchedUnit(evidence, now).kind).toBe(kind);
  });

  it('hands on the marks of its new life', () => {
    const marks = { unit: { id: 'app.service', invocationId: again.invocationId }, processes: [] };
    expect(judgeWatchedUnit(evidence, again)).toEqual({ kind: 'replaced', evidence: marks });
  });
});

describe('a watched program', () => {
  const table = new FakeProcessTable(new FakeClock());
  const [one, other] = [table.add({ argv: ['worker'] }), table.add({ argv: ['worker'] })];
  const known = { processes: [one.identity] };

  it('stays well while it runs on', () => {
    expect(judgeWatchedPrograms(known, [one, other], 'worker')).toEqual({ kind: 'same' });
  });

  it('has failed when it is gone', () => {
    expect(judgeWatchedPrograms(known, [], 'worker').kind).toBe('failed');
  });

  it('is watched on as the one that took its place', () => {
    const marks = { unit: null, processes: [other.identity] };
    expect(judgeWatchedPrograms(known, [other], 'worker')).toEqual({ kind: 'replaced', evidence: marks });
  });
});
