/** Proves that a process is well: the strategy's own check, then every configured check, within their time. */
import { fillCommand, needsWorkingDirectory } from '../domain/command-template.js';
import type { HandlingRef } from '../domain/event.js';
import { judgePrograms, judgeUnit, type Judgement } from '../domain/own-check.js';
import type { Evidence } from '../domain/process-memory.js';
import type { HealthCheck, ProcessPolicy } from '../domain/process-policy.js';
import type { OwnCheck } from '../domain/restart-plan.js';
import { reportCommand } from './command-report.js';
import type { HandsDeps } from './deps.js';
import { directoryNow, look, type Look } from './observe.js';

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

async function lookUntilSure(deps: HandsDeps, task: VerifyTask): Promise<VerifyResult> {
  const { clock } = deps;
  const { policy, check, signal } = task;
  let before = task.known ?? (await look(deps, policy, check, signal));
  const atOnce = judge(check, before, before, policy);
  if (atOnce.kind === 'unwell') return atOnce;
  if ((await clock.sleep(task.settleTimeMs, signal)) === 'aborted') return { kind: 'aborted' };
  const deadlineMs = clock.monotonicMs() + policy.healthCheckTimeoutMs;
  for (let looks = 0; ; looks += 1) {
    // Without a settle time the first look is as good as a second one right behind it.
    const isFresh = looks === 0 && task.settleTimeMs === 0 && task.known === null;
    const now = isFresh ? before : await look(deps, policy, check, signal);
    let judgement = judge(check, before, now, policy);
    let isUnasked = check.kind === 'unit' && now.unit === null;
    if (judgement.kind === 'not_yet' && judgement.isNew) before = now;
    if (judgement.kind === 'unwell') return judgement;
    if (judgement.kind === 'well') {
      if (policy.healthChecks.length > 0 && !(await task.isStillOurs())) return { kind: 'no_longer_ours' };
      const failure = await firstFailure(deps, task, deadlineMs);
      if (signal.aborted) return { kind: 'aborted' };
      if (failure === null) return { kind: 'well', detail: judgement.detail, evidence: evidenceOfLook(now) };
      judgement = { kind: 'not_yet', detail: failure.detail, isNew: false };
      isUnasked = failure.isUnasked;
    }
    if (clock.monotonicMs() >= deadlineMs) return { kind: isUnasked ? 'in_doubt' : 'unwell', detail: judgement.detail };
    if ((await clock.sleep(policy.healthCheckIntervalMs, signal)) === 'aborted') return { kind: 'aborted' };
  }
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

/** Shortest time that a check gets, even where the whole time is nearly over. */
const SHORTEST_CHECK_MS = 100;

/** Why a configured check did not pass. */
export interface CheckFailure {
  readonly detail: string;
  /** There was no room to ask: that says nothing about the process. */
  readonly isUnasked: boolean;
}

type CheckContext = Pick<VerifyTask, 'policy' | 'signal'>;

/** Repeats the configured checks until they pass in one round (null) or the deadline is over (what failed last). */
export async function configuredFailure(
  deps: HandsDeps,
  context: CheckContext,
  deadlineMs: number,
): Promise<CheckFailure | null> {
  for (;;) {
    const failure = await firstFailure(deps, context, deadlineMs);
    if (failure === null || context.signal.aborted || deps.clock.monotonicMs() >= deadlineMs) return failure;
    await deps.clock.sleep(context.policy.healthCheckIntervalMs, context.signal);
  }
}

async function firstFailure(deps: HandsDeps, context: CheckContext, deadlineMs: number): Promise<CheckFailure | null> {
  for (const check of context.policy.healthChecks) {
    const timeoutMs = Math.max(deadlineMs - deps.clock.monotonicMs(), SHORTEST_CHECK_MS);
    const failure = await runCheck(deps, check, timeoutMs, context);
    if (failure !== null) return failure;
    if (context.signal.aborted) return null;
  }
  return null;
}

/** null: passed. */
async function runCheck(
  deps: HandsDeps,
  check: HealthCheck,
  timeoutMs: number,
  { policy, signal }: CheckContext,
): Promise<CheckFailure | null> {
  switch (check.kind) {
    case 'command':
      return runCheckCommand(deps, check.commandLine, timeoutMs, { policy, signal });
    case 'http': {
      const result = await deps.prober.http(check, timeoutMs, signal);
      return result.ok ? null : { detail: result.detail, isUnasked: result.isUnasked ?? false };
    }
    case 'tcp': {
      const result = await deps.prober.tcp(check.host, check.port, timeoutMs, signal);
      return result.ok ? null : { detail: result.detail, isUnasked: result.isUnasked ?? false };
    }
  }
}

async function runCheckCommand(
  deps: HandsDeps,
  template: string,
  timeoutMs: number,
  { policy, signal }: CheckContext,
): Promise<CheckFailure | null> {
  const workingDirectory = needsWorkingDirectory(template) ? await directoryNow(deps, policy, signal) : null;
  const filled = fillCommand(template, { systemName: policy.systemName, workingDirectory });
  if (!filled.ok) return { detail: `health_check_command: ${filled.detail}`, isUnasked: false };
  const result = await deps.runner.run(
    {
      file: policy.shell,
      args: ['-c', filled.line],
      environment: { ...policy.environment, PROCESS_NAME: policy.processName, SYSTEM_NAME: policy.systemName },
    },
    { timeoutMs, signal },
  );
  const report = reportCommand(result);
  if (report.ok) return null;
  const detail = `health_check_command ${report.summary}${report.output === '' ? '' : `: ${report.output}`}`;
  return { detail, isUnasked: result.kind === 'not_started' && result.reason === 'no_room' };
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
