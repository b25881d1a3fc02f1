/** What is done with programs and commands that `grant` has made units for. */
import { describe, expect, it } from 'vitest';
import { notFoundState } from '../../../src/adapters/systemd/systemctl-show.js';
import { planRestart, type RestartPlan, type Seen } from '../../../src/domain/restart-plan.js';
import type { RunningProcess, UnitState } from '../../../src/domain/unit-state.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeProcessTable } from '../../support/fake-process-table.js';
import { policyOf, unitOf, type PolicyWish } from '../../support/policy.js';

const NOW = 1_000_000;
const table = new FakeProcessTable(new FakeClock());
const [one, two] = [table.add({ pid: 41, argv: ['app'] }), table.add({ pid: 42, argv: ['app'] })];
const missing = notFoundState('app.service');

function seen(unit: UnitState | null, roots: readonly RunningProcess[] = [], wish: Partial<Seen> = {}): Seen {
  return {
    nowMs: NOW,
    unit,
    isUnitUnknown: false,
    programs: { roots, rejected: [] },
    owningUnit: null,
    ownUnit: null,
    startObstacle: null,
    workingDirectory: null,
    ...wish,
  };
}

function plan(policy: PolicyWish, now: Seen): RestartPlan {
  return planRestart(policyOf(policy), now);
}

/** Steps in short: `restart_unit app.service`, `stop 41`, `start app`, … */
function stepsOf(made: RestartPlan): readonly string[] {
  if (made.kind !== 'act') return [`${made.kind}: ${'how' in made ? made.how : made.detail}`];
  return made.steps.map((step) => {
    if (step.kind === 'stop') return `stop ${step.program.identity.pid}`;
    return `${step.kind} ${'unit' in step ? step.unit : step.commandLine}`;
  });
}

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
