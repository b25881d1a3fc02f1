/** What the unprivileged monitor may have done by systemd, decided from the settings and the units of this host. */
import { dropIns, type ProgramReach } from './grant-drop-ins.js';
import type { Grant, GrantFacts, GrantFile } from './grant-facts.js';
import { polkitRule } from './grant-rule.js';
import { hasOwnUnit, planSection } from './grant-section.js';

/** The user that the rights are given to: that of the installed unit. */
export const SERVICE_USER = 'process-monitor';
export const RULE_FILE = '/etc/polkit-1/rules.d/50-process-monitor.rules';

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
    notes: [...remarks('notes'), ...wholeNotes(facts)],
    files: [...sections.flatMap(([, section]) => section.files), ...(facts.monitorIsRoot ? [] : rights(grants, facts))],
  };
}

/** root needs neither a rule nor what would take back what its unit gives it. */
function rights(grants: readonly Grant[], facts: GrantFacts): readonly GrantFile[] {
  return [
    { path: RULE_FILE, text: polkitRule(SERVICE_USER, grants) },
    ...dropIns(reachOf(facts), facts.operatorsGroup !== null),
  ];
}

function reachOf(facts: GrantFacts): ProgramReach {
  if (facts.policies.some((policy) => hasOwnUnit(policy, facts))) return 'stop';
  // Restarted by a command of its own, it is still proved by looking for its program.
  return facts.policies.some(({ enabled, strategy }) => enabled && strategy === 'process') ? 'see' : 'none';
}

function wholeNotes({ handlesUnlisted, monitorIsRoot }: GrantFacts): readonly GrantRemark[] {
  const notes: string[] = [];
  if (monitorIsRoot) notes.push('the monitor runs as root: it needs no rule, and may restart everything');
  else if (handlesUnlisted)
    notes.push(
      'processes without a section are handled by [process.default], but only a section of its own lets a process be granted: give one to each that is to be restarted',
    );
  return notes.map((detail) => ({ processName: null, detail }));
}
