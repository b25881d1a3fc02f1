/** Ends exactly one program and everything that it started: TERM, a wait, KILL. */
import { familyOf } from '../domain/process-match.js';
import type { RunningProcess } from '../domain/unit-state.js';
import type { Clock } from '../ports/clock.js';
import type { ProcessTable } from '../ports/process-table.js';

export type StopResult =
  | { readonly kind: 'stopped'; readonly detail: string }
  | { readonly kind: 'not_permitted'; readonly detail: string }
  | { readonly kind: 'still_running'; readonly detail: string }
  | { readonly kind: 'aborted' };

interface StopDeps {
  readonly clock: Clock;
  readonly table: ProcessTable;
  /** Aborted: the wait ends; what was signalled stays signalled. */
  readonly signal: AbortSignal;
}

const POLL_MS = 50;
/** What is left of a family whose head has ended is told to end, and gets this long. */
const ORPHAN_GRACE_MS = 1000;
/** A killed program that is still there after this hangs in the kernel. */
const KILL_WAIT_MS = 5000;

/** The head gets TERM alone, so that it can end its own children in good order; what then is left is ended too. */
export async function stopProgram(deps: StopDeps, program: RunningProcess, killAfterMs: number): Promise<StopResult> {
  const { table } = deps;
  const family = new Map<string, RunningProcess>();
  await gather(table, program, family);
  if ((await table.signal(program.identity, 'SIGTERM')) === 'not_permitted')
    return {
      kind: 'not_permitted',
      detail: `pid ${program.identity.pid} belongs to uid ${program.uid}: no right to signal it`,
    };
  const endedByItself = await waitUntilGone(deps, [program], killAfterMs, () => gather(table, program, family));
  if (endedByItself === 'aborted') return { kind: 'aborted' };
  const rest = [...family.values()];
  if (endedByItself === 'gone') {
    for (const member of rest) await table.signal(member.identity, 'SIGTERM');
    if ((await waitUntilGone(deps, rest, ORPHAN_GRACE_MS)) === 'gone')
      return { kind: 'stopped', detail: 'ended at TERM' };
  }
  for (const member of rest) await table.signal(member.identity, 'SIGKILL');
  if ((await waitUntilGone(deps, rest, KILL_WAIT_MS)) !== 'gone')
    return {
      kind: 'still_running',
      detail: `pid ${program.identity.pid} or a child of it does not end, not even by KILL`,
    };
  return {
    kind: 'stopped',
    detail:
      endedByItself === 'gone'
        ? 'ended at TERM, its children by KILL'
        : `ignored TERM for ${killAfterMs} ms, ended by KILL`,
  };
}

/** Children are noted while the head lives: afterwards nothing tells whose they were. */
async function gather(
  table: ProcessTable,
  program: RunningProcess,
  family: Map<string, RunningProcess>,
): Promise<void> {
  if (!(await table.isRunning(program.identity))) return;
  const all = await table.list();
  for (const member of familyOf(program, all)) {
    if (member.identity.pid !== table.ownPid)
      family.set(`${member.identity.pid}/${member.identity.startTicks}`, member);
  }
}

async function waitUntilGone(
  deps: StopDeps,
  programs: readonly RunningProcess[],
  timeoutMs: number,
  meanwhile?: () => Promise<void>,
): Promise<'gone' | 'still_there' | 'aborted'> {
  const deadlineMs = deps.clock.monotonicMs() + timeoutMs;
  for (;;) {
    const running = await Promise.all(programs.map(({ identity }) => deps.table.isRunning(identity)));
    if (!running.includes(true)) return 'gone';
    if (deps.clock.monotonicMs() >= deadlineMs) return 'still_there';
    await meanwhile?.();
    if ((await deps.clock.sleep(POLL_MS, deps.signal)) === 'aborted') return 'aborted';
  }
}
