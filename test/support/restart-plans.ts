/** What the plans of a restart are made from and compared by, for tests of every strategy. */
import { notFoundState } from '../../src/adapters/systemd/unit-properties.js';
import { planRestart, type RestartPlan, type Seen } from '../../src/domain/restart-plan.js';
import type { RunningProcess, UnitState } from '../../src/domain/unit-state.js';
import { FakeClock } from './fake-clock.js';
import { FakeProcessTable } from './fake-process-table.js';
import { policyOf, type PolicyWish } from './policy.js';

export const NOW = 1_000_000;
const table = new FakeProcessTable(new FakeClock());
/** Two programs of one name. */
export const [one, two] = [table.add({ pid: 41, argv: ['app'] }), table.add({ pid: 42, argv: ['app'] })];
const NONE = { owningUnit: null, ownUnit: null, startObstacle: null, workingDirectory: null };
export const missing = notFoundState('app.service');

export function seen(unit: UnitState | null, roots: readonly RunningProcess[] = [], wish: Partial<Seen> = {}): Seen {
  return { nowMs: NOW, unit, isUnitUnknown: false, programs: { roots, rejected: [] }, ...NONE, ...wish };
}

export function plan(policy: PolicyWish, now: Seen): RestartPlan {
  return planRestart(policyOf(policy), now);
}

/** Steps in short: `restart_unit app.service`, `stop 41`, `start app`, … */
export function stepsOf(made: RestartPlan): readonly string[] {
  if (made.kind !== 'act') return [`${made.kind}: ${'how' in made ? made.how : made.detail}`];
  return made.steps.map((step) => {
    if (step.kind === 'stop') return `stop ${step.program.identity.pid}`;
    return `${step.kind} ${'unit' in step ? step.unit : step.commandLine}`;
  });
}
