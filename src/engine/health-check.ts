/** Proves that a process is well: the strategy's own check, then every configured check, within their time. */
import type { HandlingRef } from '../domain/event.js';
import { judgePrograms, judgeUnit, type Judgement } from '../domain/own-check.js';
import type { Evidence } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import type { OwnCheck } from '../domain/restart-plan.js';
import { Attention } from './attention.js';
import { firstFailure } from './configured-checks.js';
import type { HandsDeps } from './deps.js';
import { look, type Look } from './observe.js';

export type VerifyResult =
  | { readonly kind: 'well'; readonly detail: string; readonly evidence: Evidence }
  | { readonly kind: 'unwell'; readonly detail: string }
  /** systemd did not answer to the end, or there was no room to ask: nothing is known of it. */
  | { readonly kind: 'in_doubt'; readonly detail: string }
  /** The row is no longer ours: nothing more is run for it. */
  | { readonly kind: 'no_longer_ours' }
  | { readonly kind: 'aborted' };

export interface VerifyTask {
  readonly ref: HandlingRef;
  readonly policy: ProcessPolicy;
  readonly check: OwnCheck;
  /** Wait before the first look counts; 0 for a look at something that has been up for a while. */
  readonly settleTimeMs: number;
  /** What was known to run before this check; a process that is no longer the same is looked at twice. */
  readonly known: Look | null;
  readonly signal: AbortSignal;
  /** Asked before each round of configured checks; only a clear "no" stops them. */
  readonly isStillOurs: () => Promise<boolean>;
}

/** Looks until all checks pass in one round, a look settles that they never will, or the time is over. */
export async function verify(deps: HandsDeps, task: VerifyTask): Promise<VerifyResult> {
  const startedMs = deps.clock.monotonicMs();
  const result = await lookUntilSure(deps, task);
  if (result.kind === 'well' || result.kind === 'unwell') {
    const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
    const what = describeChecks(task);
    deps.events.emit({
      type: 'health.checked',
      ...task.ref,
      ok: result.kind === 'well',
      what,
      detail: result.detail,
      durationMs,
    });
  }
  return result;
}

/** What is known in the course of it, by the clock's monotonic time. */
interface Course {
  before: Look;
  /** The next regular look; only what changes before it brings an earlier one. */
  dueMs: number;
  readonly settledMs: number;
  readonly deadlineMs: number;
}

async function lookUntilSure(deps: HandsDeps, task: VerifyTask): Promise<VerifyResult> {
  const { check, signal } = task;
  const attention = new Attention(deps, check.kind === 'unit' ? [check.unit] : [], signal);
  try {
    return await lookAttentively(deps, task, attention);
  } finally {
    attention.close();
  }
}

async function lookAttentively(deps: HandsDeps, task: VerifyTask, attention: Attention): Promise<VerifyResult> {
  const { clock } = deps;
  const { policy, check, settleTimeMs } = task;
  // What is well at its first look, and has nothing else to pass, is never listened to.
  if (settleTimeMs > 0 || task.known !== null || policy.healthChecks.length > 0) attention.listen();
  let now = task.known ?? (await lookNow(deps, task, attention));
  // Without a settle time the first look is as good as a second one right behind it.
  let isLookedAt = settleTimeMs === 0 && task.known === null;
  const settledMs = clock.monotonicMs() + settleTimeMs;
  const deadlineMs = settledMs + policy.healthCheckTimeoutMs;
  const course: Course = { before: now, dueMs: settledMs, settledMs, deadlineMs };
  const atOnce = judge(check, now, now, policy);
  if (atOnce.kind === 'unwell') return atOnce;
  for (;;) {
    if ((await attention.wait(course.dueMs - clock.monotonicMs())) === 'aborted') return { kind: 'aborted' };
    if (!isLookedAt) now = await lookNow(deps, task, attention);
    isLookedAt = false;
    const judgement = follow(task, course, now, clock.monotonicMs());
    if (judgement.kind === 'unwell') return judgement;
    if (clock.monotonicMs() < course.dueMs) continue;
    const verdict = judgement.kind === 'well' ? await proveWell(deps, task, course, { now, attention }) : judgement;
    if (verdict.kind !== 'not_yet')
      return verdict.kind === 'well' ? { ...verdict, evidence: evidenceOfLook(now) } : verdict;
    const isUnasked = 'isUnasked' in verdict ? verdict.isUnasked : check.kind === 'unit' && now.unit === null;
    if (clock.monotonicMs() >= deadlineMs) return { kind: isUnasked ? 'in_doubt' : 'unwell', detail: verdict.detail };
    course.dueMs = clock.monotonicMs() + policy.healthCheckIntervalMs;
  }
}

function lookNow(deps: HandsDeps, { policy, check, signal }: VerifyTask, attention: Attention): Promise<Look> {
  attention.heed();
  return look(deps, policy, check, signal);
}

/** Judges a look. What has newly come up has to stay for the settle time, but never longer than from one look to the next. */
function follow({ policy, check, settleTimeMs }: VerifyTask, course: Course, now: Look, nowMs: number): Judgement {
  const judgement = judge(check, course.before, now, policy);
  if (judgement.kind !== 'not_yet' || !judgement.isNew) return judgement;
  course.before = now;
  if (nowMs >= course.deadlineMs) return judgement;
  course.dueMs = Math.max(course.settledMs, nowMs + Math.min(settleTimeMs, policy.healthCheckIntervalMs));
  return judge(check, now, now, policy);
}

type Unproved = Extract<Judgement, { kind: 'not_yet' }> & { readonly isUnasked: boolean };

/** It is well by its own check: now by those of the settings, and by its own once more where it has changed meanwhile. */
async function proveWell(
  deps: HandsDeps,
  task: VerifyTask,
  { before, deadlineMs }: Course,
  { now, attention }: { readonly now: Look; readonly attention: Attention },
): Promise<Unproved | Judgement | Extract<VerifyResult, { kind: 'aborted' | 'no_longer_ours' }>> {
  const { policy, check, signal } = task;
  if (policy.healthChecks.length > 0 && !(await task.isStillOurs())) return { kind: 'no_longer_ours' };
  const failure = await firstFailure(deps, task, deadlineMs);
  if (signal.aborted) return { kind: 'aborted' };
  if (failure !== null) return { kind: 'not_yet', isNew: false, ...failure };
  if (!attention.isTold) return judge(check, before, now, policy);
  return judge(check, before, await lookNow(deps, task, attention), policy);
}

function judge(check: OwnCheck, before: Look, now: Look, policy: ProcessPolicy): Judgement {
  switch (check.kind) {
    case 'unit':
      if (before.unit === null || now.unit === null)
        return { kind: 'not_yet', detail: 'systemd does not answer', isNew: before.unit === null };
      return judgeUnit(before.unit, now.unit);
    case 'program':
      return judgePrograms(
        before.programs.roots.map(({ identity }) => identity),
        now.programs.roots,
        policy.systemName,
      );
    case 'none':
      return { kind: 'well', detail: 'its command exited 0' };
  }
}

function evidenceOfLook(seen: Look): Evidence {
  return {
    unit: seen.unit === null ? null : { id: seen.unit.id, invocationId: seen.unit.invocationId },
    processes: seen.programs.roots.map(({ identity }) => identity),
  };
}

/** What was looked at, in the order in which it was. */
function describeChecks({ check, policy }: VerifyTask): string {
  const own = { unit: 'state of the unit', program: 'the running program', none: 'exit code' }[check.kind];
  const configured = policy.healthChecks.map((each) => {
    switch (each.kind) {
      case 'command':
        return each.commandLine;
      case 'http':
        return each.url;
      case 'tcp':
        return `${each.host}:${each.port}`;
    }
  });
  return [own, ...configured].join(', ');
}
