/** What a handling that a dead monitor left behind has done, told from marks before and now. */
import { isSameProgram } from './own-check.js';
import { familyOf } from './process-match.js';
import type { Evidence, Handling } from './process-memory.js';
import { unitSeen, type OwnCheck, type Seen } from './restart-plan.js';
import type { RunningProcess } from './unit-state.js';

/**
 * `not_begun`: nothing was restarted, so the row may be handled as if new. `restarted`: something new runs.
 * `unsure`: look again until the handling's time is over.
 */
export type Finding = 'not_begun' | 'restarted' | 'unsure';

/** `seen`: now; `handling.before`: before its first step. */
export function findingOf(handling: Handling, seen: Seen): Finding {
  if (handling.stepEnded === 'well') return seen.isUnitUnknown ? 'unsure' : 'restarted';
  switch (handling.step) {
    case null:
    case 'pre_restart':
    case 'stop':
      return 'not_begun';
    case 'unit':
      return unitFinding(handling.before, seen, 'not_begun');
    case 'command':
      return unitFinding(handling.before, seen, 'unsure');
    case 'start':
      return programFinding(handling.before, seen);
  }
}

function unitFinding(before: Evidence, seen: Seen, whenUnchanged: Finding): Finding {
  const unit = unitSeen(seen);
  if (unit === null) return programFinding(before, seen);
  if (unit.hasJob) return 'unsure';
  // Forgotten by systemd: nothing of it runs. Only of one that does its work and ends that may mean that it has run.
  if (unit.invocationId === '') return unit.type === 'oneshot' ? 'unsure' : whenUnchanged;
  return unit.invocationId === before.unit?.invocationId ? whenUnchanged : 'restarted';
}

function programFinding(before: Evidence, { programs }: Seen): Finding {
  const isNew = programs.roots.some(({ identity }) => !before.processes.some((old) => isSameProgram(old, identity)));
  return isNew ? 'restarted' : 'unsure';
}

/**
 * Whether nothing can come any more of a start that was asked for: nothing of that name runs, and neither does anything
 * else that the earlier monitor began beside us. systemd ends all of that with the monitor; where somebody else
 * runs us, it is not known what is left.
 */
export function isStartOver({ programs }: Seen, all: readonly RunningProcess[], ownPid: number): boolean {
  const own = all.find(({ identity }) => identity.pid === ownPid);
  if (programs.roots.length > 0 || programs.doubt !== undefined || !own?.unit) return false;
  const ours = familyOf(own, all);
  return all.every((other) => other.unit !== own.unit || other.state === 'Z' || ours.includes(other));
}

/** Whether the handling has to give back what it took: its own program was stopped and nothing of the name runs. */
export function owesStart({ step, before }: Handling, all: readonly RunningProcess[]): boolean {
  if (step !== 'stop' && step !== 'start') return false;
  // After a reboot what runs is for whoever boots the host to say.
  return before.processes.some(({ bootId }) => all.some(({ identity }) => identity.bootId === bootId));
}

/** What to look at for a handling whose plan is gone: what its marks speak of. */
export function checkFor(seen: Seen): OwnCheck {
  const unit = unitSeen(seen);
  if (unit !== null) return { kind: 'unit', unit: unit.id };
  return seen.programs.roots.length > 0 ? { kind: 'program' } : { kind: 'none' };
}
