/** Ends a command together with everything that it has started. */
import type { Clock } from '../../ports/clock.js';
import { listStats } from './linux-process-table.js';
import type { ProcStat } from './proc-stat.js';

/** Time between TERM and KILL. */
export const KILL_AFTER_MS = 2000;
/** What has not gone this long after KILL hangs in the kernel; nobody can end it. */
const GIVE_UP_AFTER_MS = 2000;
const FIRST_LOOK_MS = 5;
const LONGEST_LOOK_MS = 100;

const NOBODY = -1;

const forever = new AbortController().signal;

/**
 * `leader` leads a session and a group of its own. Everything in them is ended, and what had left them but still
 * descended from the leader when the ending began. Resolves when all of it is gone, at the latest some 4 s later.
 */
export async function endTree(leader: number, clock: Clock): Promise<void> {
  const tree = new Tree(leader);
  tree.signalAll('SIGTERM');
  if (await tree.isGoneWithin(KILL_AFTER_MS, clock)) return;
  tree.signalAll('SIGKILL');
  await tree.isGoneWithin(GIVE_UP_AFTER_MS, clock, () => tree.signalAll('SIGKILL'));
}

class Tree {
  #leader: number;
  /** Number and start of everyone ever seen in it: a parent that dies first must not hide its children. */
  readonly #known = new Map<number, number>();

  constructor(leader: number) {
    this.#leader = leader;
    const first = listStats().find((stat) => stat.pid === leader);
    if (first !== undefined) this.#known.set(leader, first.startTicks);
  }

  signalAll(signal: NodeJS.Signals): void {
    const members = this.#living();
    // As a group first, in one step: a member that forks meanwhile cannot slip away.
    if (members.some((member) => member.processGroup === this.#leader)) trySignal(-this.#leader, signal);
    for (const member of members) if (member.processGroup !== this.#leader) trySignal(member.pid, signal);
  }

  async isGoneWithin(ms: number, clock: Clock, again?: () => void): Promise<boolean> {
    const deadlineMs = clock.monotonicMs() + ms;
    for (let pauseMs = FIRST_LOOK_MS; this.#living().length > 0; pauseMs = Math.min(2 * pauseMs, LONGEST_LOOK_MS)) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return false;
      await clock.sleep(Math.min(pauseMs, leftMs), forever);
      again?.();
    }
    return true;
  }

  #living(): readonly ProcStat[] {
    const all = listStats();
    // The number is given away again only when nobody of the group is left: then it proves nothing any more.
    const isReused = all.some((stat) => stat.pid === this.#leader && this.#known.get(stat.pid) !== stat.startTicks);
    if (isReused) this.#leader = NOBODY;
    const members = new Set<number>();
    const isNew = (stat: ProcStat): boolean => !members.has(stat.pid) && this.#belongs(stat, members);
    for (let found = all.filter(isNew); found.length > 0; found = all.filter(isNew))
      for (const stat of found) members.add(stat.pid);
    const living = all.filter((stat) => members.has(stat.pid));
    for (const stat of living) this.#known.set(stat.pid, stat.startTicks);
    return living;
  }

  #belongs(stat: ProcStat, members: ReadonlySet<number>): boolean {
    return (
      stat.session === this.#leader ||
      stat.processGroup === this.#leader ||
      members.has(stat.parentPid) ||
      this.#known.get(stat.pid) === stat.startTicks
    );
  }
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already, or another user's: the look afterwards tells.
  }
}
