/** What `grant` looks up before it decides, and which names it asks for. */
import type { UnitGrant } from './grant-rule.js';
import type { ResolvedStart } from './own-unit.js';
import type { ProcessPolicy } from './process-policy.js';
import type { UnitState } from './unit-state.js';

export interface GrantFacts {
  /** Of every section `[process.NAME]`, in the order of the file. */
  readonly policies: readonly ProcessPolicy[];
  /** The state of each unit that `unitsToAsk` names, by that name. */
  readonly units: ReadonlyMap<string, UnitState>;
  /** Why a unit must not be restarted for an unprivileged user, by its canonical name: that user could change what it runs. */
  readonly exposures: ReadonlyMap<string, string>;
  /** By process name, where `startLineOf` has a line. */
  readonly starts: ReadonlyMap<string, ResolvedStart>;
  /** Names of the settings that no user of this host has. */
  readonly unknownUsers: ReadonlySet<string>;
  readonly systemdVersion: number;
  /** The unit of the monitor is set to run as root: then it needs no rights of ours. */
  readonly monitorIsRoot: boolean;
  readonly operatorsGroup: string | null;
  /** Processes without a section are handled by `[process.default]`. */
  readonly handlesUnlisted: boolean;
}

/** A file as it must be on this host; owned by root, mode 0644. */
export interface GrantFile {
  readonly path: string;
  readonly text: string;
}

/** One right given to a process; `unit` is a canonical name. */
export interface Grant extends UnitGrant {
  readonly processName: string;
}

/** What one section comes to. */
export interface SectionPlan {
  readonly grants: readonly Grant[];
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
  /** Unit files. */
  readonly files: readonly GrantFile[];
}

/** The names that systemd is to be asked for. */
export function unitsToAsk(policies: readonly ProcessPolicy[]): readonly string[] {
  return policies.filter(mayRestartUnit).map(({ systemName }) => systemName);
}

/** Its own way of restarting is a unit that is there, or may be one. A configured command wins over every strategy. */
export function mayRestartUnit({ enabled, restartCommand, strategy }: ProcessPolicy): boolean {
  return enabled && restartCommand === null && (strategy === 'service' || strategy === 'auto');
}
