/** When a unit's failure raises the alarm of its process, case by case. */
import { describe, expect, it } from 'vitest';
import {
  isUnitWatched,
  judgeFailure,
  judgeRowOfFailed,
  unitNamesOf,
  type FailureFacts,
} from '../../../src/domain/unit-failure.js';
import type { UnitState } from '../../../src/domain/unit-state.js';
import { policyOf, unitOf, type PolicyWish } from '../../support/policy.js';

const NOTHING: FailureFacts = { decided: null, stopped: null, isHandled: false, allowProtected: false };
const crashed = unitOf('app.service', { activeState: 'failed', subState: 'failed', result: 'signal', mainPid: 0 });
const now = crashed.invocationId;

describe('a unit', () => {
  it('that has crashed is a failure', () => {
    expect(judgeFailure(crashed, NOTHING)).toEqual({
      kind: 'failed',
      detail: 'unit app.service is failed (signal, status 0)',
    });
  });

  it.each<[string, Partial<UnitState>, Partial<FailureFacts>, string]>([
    ['runs', { activeState: 'active' }, {}, 'not_failed'],
    ['waits to be restarted by systemd', { activeState: 'activating', subState: 'auto-restart' }, {}, 'not_failed'],
    ['ended in good order', { activeState: 'inactive', result: 'success' }, {}, 'not_failed'],
    ['was stopped', { wasAskedToEnd: true }, {}, 'asked_to_end'],
    ['was seen being stopped', {}, { stopped: now }, 'asked_to_end'],
    ['was decided on', {}, { decided: now }, 'decided'],
    ['is protected', { id: 'dbus.service' }, {}, 'protected'],
    ['is protected by another name of it', { names: ['app.service', 'sshd.service'] }, {}, 'protected'],
    ['has a job', { hasJob: true }, {}, 'job_under_way'],
    ['is being handled', {}, { isHandled: true }, 'in_progress'],
  ])('that %s is none', (_what, state, facts, why) => {
    expect(judgeFailure({ ...crashed, ...state }, { ...NOTHING, ...facts })).toMatchObject({ why });
  });

  it.each<[string, Partial<UnitState>, Partial<FailureFacts>]>([
    ['ended by the watchdog', { wasAskedToEnd: true, result: 'watchdog' }, {}],
    ['ended for lack of memory', { wasAskedToEnd: true, result: 'oom-kill' }, {}],
    ['failed again since', {}, { decided: 'b'.repeat(32), stopped: 'b'.repeat(32) }],
    ['protected but allowed', { id: 'dbus.service' }, { allowProtected: true }],
  ])('%s is one', (_what, state, facts) => {
    expect(judgeFailure({ ...crashed, ...state }, { ...NOTHING, ...facts }).kind).toBe('failed');
  });
});

describe('a row', () => {
  const clear = { isAlarmed: false, isAcknowledged: false, isWatched: false, isIsolated: false };

  it.each([
    [{}, 'raise'],
    [{ isAlarmed: true }, 'in_alarm'],
    [{ isAlarmed: true, isAcknowledged: true }, 'acknowledged'],
    [{ isWatched: true, isIsolated: true }, 'watched'],
    [{ isIsolated: true }, 'isolated'],
  ])('of which is known %j: %s', (facts, verdict) => {
    expect(judgeRowOfFailed({ ...clear, ...facts })).toBe(verdict);
  });
});

describe('the units of a process', () => {
  it.each<[PolicyWish, readonly string[]]>([
    [{ strategy: 'service' }, ['app']],
    [{ strategy: 'auto' }, ['app', 'pm-app.service']],
    [{ strategy: 'auto', restartCommand: 'x' }, ['app']],
    [{ strategy: 'custom', restartCommand: 'x' }, ['app']],
    [{ strategy: 'process' }, ['pm-app.service']],
    [{ strategy: 'process', systemName: '/opt/app' }, ['pm-app.service']],
    [{ strategy: 'process', restartCommand: 'x' }, []],
    [{ strategy: 'auto', systemName: '/opt/app' }, ['pm-app.service']],
  ])('%j: %j', (wish, names) => {
    expect(unitNamesOf(policyOf(wish))).toEqual(names);
    expect(isUnitWatched(policyOf({ ...wish, watchesUnit: true }))).toBe(names.length > 0);
    expect(isUnitWatched(policyOf(wish))).toBe(false);
  });
});
