/** What a handling that a dead monitor left behind has done, told from marks before and now. */
import { isSameProgram } from './own-check.js';
import type { Evidence, Handling } from './process-memory.js';
import type { OwnCheck, Seen } from './restart-plan.js';

/**
 * `not_begun`: nothing was restarted, so the row may be handled as if new. `restarted`: something new runs.
 * `unsure`: look again until the handling's time is over.
 */
export type Finding = 'not_begun' | 'restarted' | 'unsure';

/** `seen`: now; `handling.before`: before its first step. */
export function findingOf(handling: Handling, seen: Seen): Finding {
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
  const { unit } = seen;
  if (unit === null || unit.loadState === 'not-found') return programFinding(before, seen);
  if (unit.hasJob) return 'unsure';
  return unit.invocationId === before.unit?.invocationId ? whenUnchanged : 'restarted';
}

function programFinding(before: Evidence, { programs }: Seen): Finding {
  const isNew = programs.roots.some(({ identity }) => !before.processes.some((old) => isSameProgram(old, identity)));
  return isNew ? 'restarted' : 'unsure';
}

/** What to look at for a handling whose plan is gone: what its marks speak of. */
export function checkFor(seen: Seen): OwnCheck {
  if (seen.unit !== null && seen.unit.loadState !== 'not-found') return { kind: 'unit', unit: seen.unit.id };
  return seen.programs.roots.length > 0 ? { kind: 'program' } : { kind: 'none' };
}
