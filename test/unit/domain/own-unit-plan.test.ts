/** What is done with programs and commands that `grant` has made units for. */
import { describe, expect, it } from 'vitest';
import { notFoundState } from '../../../src/adapters/systemd/unit-properties.js';
import type { Seen } from '../../../src/domain/restart-plan.js';
import type { RunningProcess } from '../../../src/domain/unit-state.js';
import { unitOf, type PolicyWish } from '../../support/policy.js';
import { missing, one, plan, seen, stepsOf, two } from '../../support/restart-plans.js';

describe('a program with a unit of its own', () => {
  const own = unitOf('pm-app.service');
  const start: PolicyWish = { strategy: 'process', startCommand: '/opt/app' };
  const inside = { ...one, unit: 'pm-app.service' };

  it.each<readonly [string, readonly RunningProcess[], readonly string[]]>([
    ['that does not run', [], ['restart_unit pm-app.service']],
    ['that runs in it', [inside], ['restart_unit pm-app.service']],
    ['that runs outside of it: that one first', [two], ['stop 42', 'restart_unit pm-app.service']],
    ['that runs in it and outside of it', [inside, two], ['stop 42', 'restart_unit pm-app.service']],
  ])('%s', (_, programs, steps) => {
    const made = plan(start, seen(null, programs, { ownUnit: own }));
    expect(stepsOf(made)).toEqual(steps);
    expect(made).toHaveProperty('check', { kind: 'unit', unit: 'pm-app.service' });
    expect(stepsOf(plan({ ...start, strategy: 'auto' }, seen(missing, programs, { ownUnit: own })))).toEqual(steps);
  });

  it('is not stopped where two of them run outside, or where its unit cannot be restarted', () => {
    const outside = seen(null, [one, two], { ownUnit: own });
    expect(stepsOf(plan(start, outside))[0]).toContain('refuse: 2 programs are named app');
    const masked = seen(null, [two], { ownUnit: { ...own, loadState: 'masked' } });
    expect(stepsOf(plan(start, masked))).toEqual(['refuse: unit pm-app.service is masked']);
    const busy = seen(null, [two], { ownUnit: { ...own, hasJob: true } });
    expect(plan(start, busy).kind).toBe('yield');
  });

  it('is let alone where other users’ programs cannot be seen, unless it is seen to run in its unit', () => {
    const programs = (roots: readonly RunningProcess[]): Seen['programs'] => ({ roots, rejected: [], doubt: 'hidden' });
    const blind = seen(null, [], { ownUnit: own, programs: programs([]) });
    expect(stepsOf(plan(start, blind))).toEqual(['refuse: hidden: whether app runs is not known']);
    const visible = seen(null, [], { ownUnit: own, programs: programs([inside]) });
    expect(stepsOf(plan(start, visible))).toEqual(['restart_unit pm-app.service']);
  });

  it('is needed where nothing may be started: nothing is stopped without it', () => {
    const none = notFoundState('pm-app.service');
    const bound = seen(null, [two], { ownUnit: none, startObstacle: 'grant makes it' });
    expect(stepsOf(plan(start, bound))).toEqual(['refuse: there is no unit pm-app.service, and grant makes it']);
    const free = seen(null, [two], { ownUnit: none });
    expect(stepsOf(plan(start, free))).toEqual(['stop 42', 'start /opt/app']);
  });
});

describe('a command with a user of its own', () => {
  it('is run by its unit, as it is written there', () => {
    const policy: PolicyWish = { strategy: 'custom', restartCommand: 'mend %s %d', commandUser: 'oracle' };
    expect(stepsOf(plan(policy, seen(null)))).toEqual(['command pm-cmd@app-restart.service']);
  });
});
