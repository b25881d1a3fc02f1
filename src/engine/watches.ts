/** Watches recovered processes through their stable period: by what systemd tells of them, and by regular looks, all in one question. */
import type { HandlingRef } from '../domain/event.js';
import type { Evidence } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { judgeWatchedPrograms, judgeWatchedUnit, type WatchJudgement } from '../domain/watch-check.js';
import type { UnitStates, UnitsUnknown } from '../ports/unit-manager.js';
import { QUESTION_TIMEOUT_MS, type HandsDeps } from './deps.js';
import { configuredFailure } from './configured-checks.js';
import type { Subject } from './ledger.js';
import { findPrograms } from './observe.js';

export interface WatchTask {
  readonly ref: HandlingRef;
  readonly subjects: readonly Subject[];
  readonly policy: ProcessPolicy;
  readonly evidence: Evidence;
  /** Monotonic milliseconds. */
  readonly untilMs: number;
}

/** What the end of a watch leads to; each end is called at most once for a task. */
export interface WatchEnds {
  /** Asked when a watch's time is over or its process was stopped: false keeps it going. */
  readonly mayEnd: (task: WatchTask) => boolean;
  readonly onStable: (task: WatchTask) => Promise<void>;
  readonly onFailed: (task: WatchTask, detail: string, target: string) => Promise<void>;
  readonly onStopped: (task: WatchTask, detail: string) => Promise<void>;
}

interface Watched {
  task: WatchTask;
  /** The next regular look; Infinity while there is one. */
  dueMs: number;
  /** A look for what was told since the last one; Infinity: nothing was. */
  toldDueMs: number;
  lookedMs: number;
  /** Ends the listening; null: it has not begun. */
  end: AbortController | null;
}

/** The first look: late enough that what dies at once has died, and that many resets share one question. */
const FIRST_LOOK_MS = 200;
const LOOK_EVERY_MS = 5000;
/** Where systemd tells of each change, looks are but a safety net. */
const LOOK_SELDOM_MS = 60_000;
/** One that systemd tells of all the time is not looked at more often than this for it. */
const SHORTEST_GAP_MS = 50;

export class Watches {
  private readonly deps: HandsDeps;
  private readonly ends: WatchEnds;
  private readonly watched = new Map<string, Watched>();
  private readonly looks = new Set<Promise<void>>();
  private running: Promise<void> | null = null;
  private wake = new AbortController();

  constructor(deps: HandsDeps, ends: WatchEnds) {
    this.deps = deps;
    this.ends = ends;
  }

  /** Starts or replaces the watch of this target; it ends by itself, or with the signal. */
  add(target: string, task: WatchTask, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.forget(target);
    const dueMs = this.nowMs() + FIRST_LOOK_MS;
    const watched = { task, dueMs, toldDueMs: Infinity, lookedMs: -Infinity, end: null };
    this.watched.set(target, watched);
    // What is over with its first look needs no other.
    if (task.untilMs > dueMs) this.listen(watched);
    this.wake.abort('told');
    this.running ??= this.loop(signal);
  }

  private listen(watched: Watched): void {
    const { unit } = watched.task.evidence;
    if (unit === null || watched.end !== null) return;
    watched.end = new AbortController();
    this.deps.units.follow([unit.id], () => this.tell(watched), watched.end.signal);
  }

  private tell(watched: Watched): void {
    watched.toldDueMs = Math.max(this.nowMs(), watched.lookedMs + SHORTEST_GAP_MS);
    // It may be the last that is told for now. While there is a regular look, its end says when the next one is.
    if (watched.dueMs < Infinity) watched.dueMs = Math.min(watched.dueMs, this.nowMs() + this.paceOf(watched));
    this.wake.abort('told');
  }

  private forget(target: string): void {
    this.watched.get(target)?.end?.abort('over');
    this.watched.delete(target);
  }

  /** The process is being handled again: whoever handles it judges it. Returns what was watched; null: nothing. */
  drop(target: string): WatchTask | null {
    const task = this.watched.get(target)?.task ?? null;
    this.forget(target);
    return task;
  }

  /** Resolves when no watch runs any more, and no look at one. */
  async done(): Promise<void> {
    await this.running;
    await Promise.all(this.looks);
  }

  private async loop(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.wake.abort('told');
    signal.addEventListener('abort', stop);
    try {
      await this.lookInTurn(signal);
    } finally {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) for (const target of [...this.watched.keys()]) this.forget(target);
    }
  }

  private async lookInTurn(signal: AbortSignal): Promise<void> {
    while (this.watched.size > 0 && !signal.aborted) {
      const nextMs = Math.min(...[...this.watched.values()].map(nextLookMs));
      this.wake = new AbortController();
      await this.deps.clock.sleep(nextMs - this.nowMs(), this.wake.signal);
      const nowMs = this.nowMs();
      const due = [...this.watched].filter(([, watched]) => nextLookMs(watched) <= nowMs);
      if (due.length > 0) await this.lookAt(due, signal);
    }
    // Here, at once, and nowhere else: what is added before would never be looked at, and a loop that has begun since
    // must not be forgotten.
    this.running = null;
  }

  private async lookAt(due: readonly (readonly [string, Watched])[], signal: AbortSignal): Promise<void> {
    const startedMs = this.nowMs();
    const regular = new Set(due.filter(([, { dueMs }]) => dueMs <= startedMs).map(([target]) => target));
    for (const [target, watched] of due) {
      watched.lookedMs = startedMs;
      watched.toldDueMs = Infinity;
      if (regular.has(target)) watched.dueMs = Infinity;
    }
    const units = await this.describe(
      due.map(([, { task }]) => task.evidence.unit?.id ?? null),
      signal,
    );
    for (const [target, watched] of due) {
      const isRegular = regular.has(target);
      // Not waited for: a check of one that is slow must not hold up the looks at the others.
      const look = this.judge(watched.task, units, { isRegular, signal })
        .then(async (judgement) => {
          // Meanwhile it may have been dropped, or watched anew.
          if (!signal.aborted && this.watched.get(target) === watched)
            await this.follow(target, watched, judgement, isRegular);
        })
        .finally(() => {
          this.looks.delete(look);
          this.wake.abort('told');
        });
      this.looks.add(look);
    }
  }

  private async describe(ids: readonly (string | null)[], signal: AbortSignal): Promise<UnitStates | UnitsUnknown> {
    const names = ids.filter((id) => id !== null);
    if (names.length === 0) return new Map();
    return this.deps.units.describe(names, { timeoutMs: QUESTION_TIMEOUT_MS, signal });
  }

  /** The configured checks have a rhythm of their own, whatever systemd tells. */
  private async judge(
    task: WatchTask,
    units: UnitStates | UnitsUnknown,
    { isRegular, signal }: { readonly isRegular: boolean; readonly signal: AbortSignal },
  ): Promise<WatchJudgement> {
    const own = await this.judgeOwn(task, units, signal);
    if (own.kind !== 'same' || !isRegular || task.policy.healthChecks.length === 0) return own;
    const deadlineMs = this.nowMs() + task.policy.healthCheckTimeoutMs;
    const failure = await configuredFailure(this.deps, { policy: task.policy, signal }, deadlineMs);
    if (failure === null) return own;
    return failure.isUnasked ? { kind: 'unsure' } : { kind: 'failed', detail: failure.detail };
  }

  private async judgeOwn(
    { evidence, policy }: WatchTask,
    units: UnitStates | UnitsUnknown,
    signal: AbortSignal,
  ): Promise<WatchJudgement> {
    if (evidence.unit !== null) {
      const state = typeof units === 'string' ? undefined : units.get(evidence.unit.id);
      return state === undefined ? { kind: 'unsure' } : judgeWatchedUnit(evidence.unit, state);
    }
    if (evidence.processes.length === 0) return { kind: 'same' };
    const { roots, doubt } = await findPrograms(this.deps, policy, signal);
    if (roots.length === 0 && doubt !== undefined) return { kind: 'unsure' };
    return judgeWatchedPrograms(evidence, roots, policy.systemName);
  }

  private async follow(target: string, watched: Watched, judgement: WatchJudgement, isRegular: boolean): Promise<void> {
    const { task } = watched;
    switch (judgement.kind) {
      case 'failed':
        this.forget(target);
        return this.ends.onFailed(task, judgement.detail, target);
      case 'stopped':
        if (!this.ends.mayEnd(task)) break;
        this.forget(target);
        return this.ends.onStopped(task, judgement.detail);
      case 'replaced':
        watched.task = { ...task, evidence: judgement.evidence };
        break;
      case 'same':
        if (!isRegular || this.nowMs() < task.untilMs || !this.ends.mayEnd(task)) break;
        this.forget(target);
        return this.ends.onStable(task);
      case 'unsure':
        break;
    }
    if (!isRegular) return;
    if (watched.end === null && task.evidence.unit !== null) {
      this.listen(watched);
      // What came before is not known.
      this.tell(watched);
    }
    const nowMs = this.nowMs();
    const leftMs = task.untilMs - nowMs;
    if (judgement.kind !== 'same') watched.dueMs = nowMs + LOOK_EVERY_MS;
    else watched.dueMs = nowMs + Math.min(this.paceOf(watched), leftMs > 0 ? leftMs : LOOK_EVERY_MS);
  }

  /** Milliseconds from one regular look to the next. The checks of the settings are asked at the old pace: nobody tells of them. */
  private paceOf({ end, task }: Watched): number {
    const isTold = end !== null && this.deps.units.isHearing && task.policy.healthChecks.length === 0;
    return isTold ? LOOK_SELDOM_MS : LOOK_EVERY_MS;
  }

  private nowMs(): number {
    return this.deps.clock.monotonicMs();
  }
}

function nextLookMs({ dueMs, toldDueMs }: Watched): number {
  return Math.min(dueMs, toldDueMs);
}
