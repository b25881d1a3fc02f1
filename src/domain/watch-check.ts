/** The stable period: does what is seen now mean that a recovered process still is the one that was proved well? */
import { isSameProgram, unitText } from './own-check.js';
import type { Evidence } from './process-memory.js';
import { wasStopped } from './unit-end.js';
import type { RunningProcess, UnitState } from './unit-state.js';

export type WatchJudgement =
  | { readonly kind: 'same' }
  /** Between two states: look again. */
  | { readonly kind: 'unsure' }
  /** Something new runs in its place that nobody had to bring back: watched from now on in its stead. */
  | { readonly kind: 'replaced'; readonly evidence: Evidence }
  /** Stopped, as a person does: not ours to bring back. */
  | { readonly kind: 'stopped'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string };

const failed = (detail: string): WatchJudgement => ({ kind: 'failed', detail });

export function judgeWatchedUnit(evidence: { readonly invocationId: string }, now: UnitState): WatchJudgement {
  const isSame = now.invocationId === evidence.invocationId;
  switch (now.activeState) {
    case 'active':
    case 'reloading':
      if (isSame) return { kind: 'same' };
      if (now.nRestarts > 0) return failed(`${unitText(now)}: it ended and systemd had to restart it`);
      return {
        kind: 'replaced',
        evidence: { unit: { id: now.id, invocationId: now.invocationId }, processes: [] },
      };
    case 'failed':
      return wasStopped(now) ? { kind: 'stopped', detail: unitText(now) } : failed(unitText(now));
    case 'inactive':
      // systemd forgets a finished oneshot that nothing refers to, its invocation included.
      return (isSame || now.invocationId === '') && now.type === 'oneshot' && now.result === 'success'
        ? { kind: 'same' }
        : { kind: 'stopped', detail: unitText(now) };
    default:
      return now.subState.startsWith('auto-restart') ? failed(unitText(now)) : { kind: 'unsure' };
  }
}

export function judgeWatchedPrograms(
  evidence: Pick<Evidence, 'processes'>,
  now: readonly RunningProcess[],
  systemName: string,
): WatchJudgement {
  if (now.length === 0) return failed(`no running program is named ${systemName} any more`);
  const isSame = now.some(({ identity }) => evidence.processes.some((old) => isSameProgram(old, identity)));
  if (isSame) return { kind: 'same' };
  return { kind: 'replaced', evidence: { unit: null, processes: now.map(({ identity }) => identity) } };
}
