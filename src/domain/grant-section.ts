/** What one section comes to: the unit that it leads to, a unit of its own for its program, and units for its commands. */
import { mayRestartUnit, type GrantFacts, type SectionPlan } from './grant-facts.js';
import { commandUnitName, ownUnitName, type CommandPurpose } from './own-unit-name.js';
import { commandUnit, programUnit, type UnitText } from './own-unit.js';
import type { ProcessPolicy } from './process-policy.js';
import { protection } from './protected-names.js';
import type { UnitVerb } from './grant-rule.js';
import type { UnitState } from './unit-state.js';

export const UNIT_DIRECTORY = '/etc/systemd/system';

const NOTHING: SectionPlan = { grants: [], refusals: [], notes: [], files: [] };
const CANONICAL = /^(?=.{1,255}$)[A-Za-z0-9:_][A-Za-z0-9:_.\\-]*(?:@[A-Za-z0-9:_.\\-]+)?\.service$/;

/** Each part by itself: one that is refused keeps no other from being granted. */
export function planSection(policy: ProcessPolicy, facts: GrantFacts): SectionPlan {
  const parts = [
    planTarget(policy, facts),
    planCommand(policy, facts, 'pre_restart'),
    planCommand(policy, facts, 'restart'),
  ];
  return {
    grants: parts.flatMap(({ grants }) => grants),
    refusals: parts.flatMap(({ refusals }) => refusals),
    notes: parts.flatMap(({ notes }) => notes),
    files: parts.flatMap(({ files }) => files),
  };
}

/** Whether a program of the section is restarted in a unit of its own. */
export function hasOwnUnit(policy: ProcessPolicy, { units }: Pick<GrantFacts, 'units'>): boolean {
  if (!policy.enabled || policy.restartCommand !== null) return false;
  if (policy.strategy === 'process') return true;
  return policy.strategy === 'auto' && policy.startCommand !== null && !isThere(units.get(policy.systemName));
}

function isThere(unit: UnitState | undefined): boolean {
  return unit !== undefined && unit.loadState !== 'not-found';
}

function planTarget(policy: ProcessPolicy, facts: GrantFacts): SectionPlan {
  if (hasOwnUnit(policy, facts)) return planProgram(policy, facts);
  if (!mayRestartUnit(policy)) return NOTHING;
  const { strategy, systemName } = policy;
  const unit = facts.units.get(systemName);
  if (unit !== undefined && isThere(unit)) return planUnit(policy, unit, facts);
  const name = unit?.id ?? systemName;
  return refused(
    strategy === 'auto' ? `there is neither a unit ${name} nor a start_command` : `there is no unit ${name}`,
  );
}

function planUnit(policy: ProcessPolicy, unit: UnitState, { exposures }: GrantFacts): SectionPlan {
  const { processName, allowProtected, systemName } = policy;
  const { id, names } = unit;
  if (!CANONICAL.test(id)) return refused(`${id} is no service that could be named exactly`);
  const obstacle = protection([systemName, id, ...names], allowProtected) ?? obstacleOf(unit) ?? exposures.get(id);
  if (obstacle !== undefined) return refused(obstacle);
  const isAlias = id !== systemName && id !== `${systemName}.service`;
  return {
    ...NOTHING,
    grants: [{ processName, unit: id, verbs: ['restart', 'reset-failed'] }],
    notes: isAlias ? [`${systemName} is another name of ${id}: it is ${id} that is granted`] : [],
  };
}

function obstacleOf({ id, loadState, refusesManualStart }: UnitState): string | undefined {
  if (loadState !== 'loaded') return `unit ${id} is ${loadState}`;
  return refusesManualStart ? `unit ${id} refuses to be started by hand` : undefined;
}

function planProgram(policy: ProcessPolicy, facts: GrantFacts): SectionPlan {
  const guarded = protection([policy.systemName], policy.allowProtected);
  if (guarded !== null) return refused(guarded);
  const start = facts.starts.get(policy.processName);
  if (start === undefined)
    return refused(
      'set start_command: the name of a program alone does not say how it is started in a unit of its own',
    );
  const made = {
    unit: ownUnitName(policy.processName),
    user: policy.user,
    verbs: ['restart', 'reset-failed'],
  } as const;
  return planFile(policy, facts, { ...made, text: programUnit(policy, start, facts.systemdVersion) });
}

function planCommand(policy: ProcessPolicy, facts: GrantFacts, purpose: CommandPurpose): SectionPlan {
  const line = purpose === 'restart' ? policy.restartCommand : policy.preRestartCommand;
  if (!policy.enabled || line === null || policy.commandUser === null) return NOTHING;
  const made = {
    unit: commandUnitName(policy.processName, purpose),
    user: policy.commandUser,
    verbs: ['restart'],
  } as const;
  return planFile(policy, facts, { ...made, text: commandUnit(policy, purpose) });
}

interface MadeUnit {
  readonly unit: string;
  readonly user: string | null;
  readonly verbs: readonly UnitVerb[];
  readonly text: UnitText;
}

function planFile(
  { processName }: ProcessPolicy,
  { exposures, unknownUsers }: GrantFacts,
  { unit, user, verbs, text }: MadeUnit,
): SectionPlan {
  if (text.kind === 'refused') return refused(text.detail);
  if (user !== null && unknownUsers.has(user)) return refused(`unknown user: ${user}`);
  const exposure = exposures.get(unit);
  if (exposure !== undefined) return refused(exposure);
  return {
    ...NOTHING,
    grants: [{ processName, unit, verbs }],
    files: [{ path: `${UNIT_DIRECTORY}/${unit}`, text: text.text }],
  };
}

function refused(...refusals: readonly string[]): SectionPlan {
  return { ...NOTHING, refusals };
}
