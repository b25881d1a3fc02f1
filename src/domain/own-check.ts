/** Each strategy's own proof: does what is seen now mean that the process is well and stayed the same? */
import type { ProcessIdentity, RunningProcess, UnitState } from './unit-state.js';

export type Judgement =
  | { readonly kind: 'well'; readonly detail: string }
  /** Not yet: worth another look. `isNew`: something new runs, so stability is counted from now. */
  | { readonly kind: 'not_yet'; readonly detail: string; readonly isNew: boolean }
  /** More looking changes nothing. */
  | { readonly kind: 'unwell'; readonly detail: string };

const notYet = (detail: string, isNew = false): Judgement => ({ kind: 'not_yet', detail, isNew });
const unwell = (detail: string): Judgement => ({ kind: 'unwell', detail });

/** `before` is the unit right after the restart, or at the last look that found something new. */
export function judgeUnit(before: UnitState, now: UnitState): Judgement {
  // One that systemd was about to restart when it was first seen may come up once.
  const awaited = isWaiting(before) && !isWaiting(now) ? 1 : 0;
  if (now.nRestarts > before.nRestarts + awaited)
    return unwell(
      `${unitText(now)}: it ended and systemd restarted it ${now.nRestarts - before.nRestarts} time(s) meanwhile`,
    );
  // Whether it comes up again or not: it has not stayed up.
  if (isWaiting(now) && isUp(before)) return unwell(`${unitText(now)}: it ended, and systemd is about to restart it`);
  if (isWaiting(now)) return notYet(`${unitText(now)}: systemd waits to restart it`);
  switch (now.activeState) {
    case 'active':
    case 'reloading':
      return now.invocationId === before.invocationId && now.mainPid === before.mainPid && isUp(before)
        ? { kind: 'well', detail: unitText(now) }
        : notYet(`${unitText(now)}: it has only just come up`, true);
    case 'activating':
    case 'deactivating':
      return notYet(unitText(now));
    case 'failed':
      return unwell(unitText(now));
    default:
      return judgeInactive(now);
  }
}

/**
 * A oneshot that has done its work is well; any other program should still run. systemd forgets a finished oneshot that
 * nothing refers to, its invocation included, so a missing one says nothing.
 */
function judgeInactive(now: UnitState): Judgement {
  if (!now.conditionHeld)
    return unwell(`${unitText(now)}: a condition of the unit is not met, so systemd did not start it`);
  if (now.type === 'oneshot' && now.result === 'success')
    return { kind: 'well', detail: `${unitText(now)}: it has done its work` };
  return unwell(`${unitText(now)}: its program has ended`);
}

function isWaiting(unit: UnitState): boolean {
  return unit.subState.startsWith('auto-restart');
}

function isUp(unit: UnitState): boolean {
  return unit.activeState === 'active' || unit.activeState === 'reloading';
}

/** For example `unit app.service is failed (failed, exit-code, status 1)`. */
export function unitText(unit: UnitState): string {
  if (unit.activeState !== 'failed') return `unit ${unit.id} is ${unit.activeState} (${unit.subState})`;
  return `unit ${unit.id} is failed (${unit.result}, status ${unit.execMainStatus})`;
}

/** `before`: the programs right after the start, or at the last look that found new ones. */
export function judgePrograms(
  before: readonly ProcessIdentity[],
  now: readonly RunningProcess[],
  systemName: string,
): Judgement {
  const [program] = now;
  if (program === undefined) return notYet(`no running program is named ${systemName}`);
  const pids = now.map(({ identity }) => identity.pid).join(', ');
  const isSame = now.every(({ identity }) => before.some((old) => isSameProgram(old, identity)));
  return isSame
    ? { kind: 'well', detail: `${systemName} runs (pid ${pids})` }
    : notYet(`${systemName} has only just come up (pid ${pids})`, true);
}

export function isSameProgram(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.startTicks === other.startTicks && one.bootId === other.bootId;
}
