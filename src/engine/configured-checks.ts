/** The checks of the settings: a command, an address, a port; all of them pass, or the first that does not says why. */
import { fillCommand, needsWorkingDirectory } from '../domain/command-template.js';
import type { HealthCheck, ProcessPolicy } from '../domain/process-policy.js';
import { reportCommand } from './command-report.js';
import type { HandsDeps } from './deps.js';
import { directoryNow } from './observe.js';

/** Shortest time that a check gets, even where the whole time is nearly over. */
const SHORTEST_CHECK_MS = 100;

/** Why a configured check did not pass. */
interface CheckFailure {
  readonly detail: string;
  /** There was no room to ask: that says nothing about the process. */
  readonly isUnasked: boolean;
}

interface CheckContext {
  readonly policy: ProcessPolicy;
  readonly signal: AbortSignal;
}

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

/** One round of them; null: all have passed, or the signal has come. */
export async function firstFailure(
  deps: HandsDeps,
  context: CheckContext,
  deadlineMs: number,
): Promise<CheckFailure | null> {
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
