/** What the unprivileged monitor may have done by systemd, decided from the settings and the units of this host. */
import { polkitRule, type UnitGrant } from './grant-rule.js';
import type { ProcessPolicy } from './process-policy.js';
import { protection } from './protected-names.js';
import type { UnitState } from './unit-state.js';

/** The user that the rights are given to: that of the installed unit. */
export const SERVICE_USER = 'process-monitor';
export const RULE_FILE = '/etc/polkit-1/rules.d/50-process-monitor.rules';

/** A file as it must be on this host; owned by root, mode 0644. */
export interface GrantFile {
  readonly path: string;
  readonly text: string;
}

/** One right given to a process; `unit` is a canonical name. */
export interface Grant extends UnitGrant {
  readonly processName: string;
}

/** What is worth knowing, or is not granted, and why. */
export interface GrantRemark {
  /** The process's name; null: it is about the whole. */
  readonly processName: string | null;
  readonly detail: string;
}

export interface GrantPlan {
  readonly grants: readonly Grant[];
  /** A person must change something: these restarts will be refused. */
  readonly refusals: readonly GrantRemark[];
  readonly notes: readonly GrantRemark[];
  /** Every file of ours that must be there; any other one of ours must not. */
  readonly files: readonly GrantFile[];
}

/** What was looked up for planning. */
export interface GrantFacts {
  /** Of every section `[process.NAME]`, in the order of the file. */
  readonly policies: readonly ProcessPolicy[];
  /** The state of each unit that `unitsToAsk` names, by that name. */
  readonly units: ReadonlyMap<string, UnitState>;
  /** Why a unit must not be restarted for an unprivileged user, by its canonical name: that user could change what it runs. */
  readonly exposures: ReadonlyMap<string, string>;
  /** Processes without a section are handled by `[process.default]`. */
  readonly handlesUnlisted: boolean;
}

/** What one section comes to. */
interface SectionPlan {
  readonly grants: readonly Grant[];
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
}

const NOTHING: SectionPlan = { grants: [], refusals: [], notes: [] };
const CANONICAL = /^(?=.{1,255}$)[A-Za-z0-9:_][A-Za-z0-9:_.\\-]*(?:@[A-Za-z0-9:_.\\-]+)?\.service$/;

/** The names that systemd is to be asked for. */
export function unitsToAsk(policies: readonly ProcessPolicy[]): readonly string[] {
  return policies.filter(mayRestartUnit).map(({ systemName }) => systemName);
}

/** Pure: the same facts give the same files, to the byte. */
export function planGrants(facts: GrantFacts): GrantPlan {
  const sections = facts.policies
    .filter(({ enabled }) => enabled)
    .map((policy) => [policy.processName, planSection(policy, facts)] as const);
  const remarks = (of: 'refusals' | 'notes'): readonly GrantRemark[] =>
    sections.flatMap(([processName, section]) => section[of].map((detail) => ({ processName, detail })));
  const grants = sections.flatMap(([, section]) => section.grants);
  return {
    grants,
    refusals: remarks('refusals'),
    notes: [...remarks('notes'), ...unlistedNote(facts)],
    files: [{ path: RULE_FILE, text: polkitRule(SERVICE_USER, grants) }],
  };
}

function unlistedNote({ handlesUnlisted }: GrantFacts): readonly GrantRemark[] {
  if (!handlesUnlisted) return [];
  const detail =
    'processes without a section are handled by [process.default], but only a section of its own lets a process be granted: give one to each that is to be restarted';
  return [{ processName: null, detail }];
}

/** Its own way of restarting is a unit, or may be one. A configured command wins over every strategy. */
function mayRestartUnit({ enabled, restartCommand, strategy }: ProcessPolicy): boolean {
  return enabled && restartCommand === null && (strategy === 'service' || strategy === 'auto');
}

function planSection(policy: ProcessPolicy, facts: GrantFacts): SectionPlan {
  if (!mayRestartUnit(policy)) return NOTHING;
  const unit = facts.units.get(policy.systemName);
  if (unit === undefined || unit.loadState === 'not-found') {
    const name = unit?.id ?? policy.systemName;
    return refused(
      policy.strategy === 'auto' ? `there is neither a unit ${name} nor a start_command` : `there is no unit ${name}`,
    );
  }
  return planUnit(policy, unit, facts);
}

function planUnit(policy: ProcessPolicy, unit: UnitState, { exposures }: GrantFacts): SectionPlan {
  const { processName, allowProtected, systemName } = policy;
  const { id, names } = unit;
  if (!CANONICAL.test(id)) return refused(`${id} is no service that could be named exactly`);
  const obstacle = protection([systemName, id, ...names], allowProtected) ?? obstacleOf(unit) ?? exposures.get(id);
  if (obstacle !== undefined) return refused(obstacle);
  const isAlias = id !== systemName && id !== `${systemName}.service`;
  return {
    grants: [{ processName, unit: id, verbs: ['restart', 'reset-failed'] }],
    refusals: [],
    notes: isAlias ? [`${systemName} is another name of ${id}: it is ${id} that is granted`] : [],
  };
}

function obstacleOf({ id, loadState, refusesManualStart }: UnitState): string | undefined {
  if (loadState !== 'loaded') return `unit ${id} is ${loadState}`;
  return refusesManualStart ? `unit ${id} refuses to be started by hand` : undefined;
}

function refused(...refusals: readonly string[]): SectionPlan {
  return { ...NOTHING, refusals };
}
