/** The one executor: carries out the steps of an attempt, one after the other, and says how they ended. */
import { isSameProgram } from '../domain/own-check.js';
import { transientUnitBase } from '../domain/process-match.js';
import type { HandlingStep } from '../domain/process-memory.js';
import type { RestartStep } from '../domain/restart-plan.js';
import type { RunningProcess } from '../domain/unit-state.js';
import type { UnitActionResult } from '../ports/unit-manager.js';
import { adviceOn, reportCommand, reportStart, reportUnitAction, unitActionText } from './command-report.js';
import type { HandsDeps } from './deps.js';
import { findPrograms } from './observe.js';
import { runCommandUnit } from './run-command-unit.js';
import type { StepContext, StepResult } from './step.js';
import { stopProgram } from './stop-program.js';

/** Stops at the first step that is not done. */
export async function runPlan(
  deps: HandsDeps,
  steps: readonly RestartStep[],
  context: StepContext,
): Promise<StepResult> {
  let result: StepResult = { kind: 'done' };
  let isStopped = false;
  for (const step of steps) {
    if (context.signal.aborted) return { kind: 'aborted' };
    await context.beforeStep(stepName(step));
    // The record took its time. What we have stopped is started, whatever has come up since.
    const why = isStopped ? null : context.obstacle();
    if (why !== null) return { kind: 'kept_back', why };
    result = await runStep(deps, step, context);
    isStopped ||= step.kind === 'stop';
    if (result.kind !== 'done') return result;
    if (leavesNoMark(step)) await context.afterStep(stepName(step));
  }
  return result;
}

function leavesNoMark(step: RestartStep): boolean {
  return step.kind === 'command' || (step.kind === 'restart_unit' && step.leavesNoMark === true);
}

function stepName(step: RestartStep): HandlingStep {
  return step.kind === 'reset_failed' || step.kind === 'restart_unit' ? 'unit' : step.kind;
}

function runStep(deps: HandsDeps, step: RestartStep, context: StepContext): Promise<StepResult> {
  switch (step.kind) {
    case 'command':
      return step.unit === undefined
        ? runShellLine(deps, step.commandLine, 'restart', context)
        : runCommandUnit(deps, { unit: step.unit, commandLine: step.commandLine }, 'restart', context);
    case 'reset_failed':
      return runUnitAction(deps, 'reset-failed', step.unit, context);
    case 'restart_unit':
      return runUnitAction(deps, 'restart', step.unit, context);
    case 'stop':
      return runStop(deps, step, context);
    case 'start':
      return runStart(deps, step.commandLine, context);
  }
}

/** Runs a configured shell line as this process's own; also used for `pre_restart_command`. */
export async function runShellLine(
  deps: HandsDeps,
  commandLine: string,
  purpose: 'restart' | 'pre_restart',
  { ref, policy, signal }: Pick<StepContext, 'ref' | 'policy' | 'signal'>,
): Promise<StepResult> {
  const result = await deps.runner.run(
    {
      file: policy.shell,
      args: ['-c', commandLine],
      environment: { ...policy.environment, PROCESS_NAME: policy.processName, SYSTEM_NAME: policy.systemName },
      scope: ref.alarmId,
      ...(policy.workingDirectory === null ? {} : { workingDirectory: policy.workingDirectory }),
    },
    { timeoutMs: policy.commandTimeoutMs, signal },
  );
  const report = reportCommand(result);
  deps.events.emit({ type: 'command.ended', ...ref, purpose, text: commandLine, report });
  if (report.ok) return { kind: 'done' };
  if (result.kind === 'aborted') return { kind: 'aborted' };
  const detail = `${purpose === 'restart' ? 'restart_command' : 'pre_restart_command'} ${report.summary}`;
  if (result.kind === 'not_started' && result.reason === 'no_room') return { kind: 'refused', detail, isPassing: true };
  return result.kind === 'exited' ? { kind: 'doubtful', detail } : { kind: 'failed', detail };
}

async function runUnitAction(
  deps: HandsDeps,
  verb: 'restart' | 'reset-failed',
  unit: string,
  { ref, policy, signal }: StepContext,
): Promise<StepResult> {
  const startedMs = deps.clock.monotonicMs();
  const options = { timeoutMs: policy.commandTimeoutMs, signal };
  const result = await (verb === 'restart' ? deps.units.restart(unit, options) : deps.units.resetFailed(unit, options));
  const report = reportUnitAction(result, deps.clock.monotonicMs() - startedMs);
  deps.events.emit({ type: 'command.ended', ...ref, purpose: 'unit', text: `${verb} unit ${unit}`, report });
  return unitResult(result, `${verb} unit ${unit}: ${unitActionText(result)}${adviceOn(result, unit)}`);
}

function unitResult(result: UnitActionResult, detail: string): StepResult {
  switch (result.kind) {
    case 'done':
      return { kind: 'done' };
    case 'failed':
    case 'start_limit':
    case 'timed_out':
      return { kind: 'doubtful', detail };
    case 'conflict':
      return { kind: 'operator_at_work' };
    case 'not_permitted':
    case 'impossible':
      return { kind: 'refused', detail };
    case 'unavailable':
      return { kind: 'refused', detail, isPassing: result.isPassing ?? false };
    case 'aborted':
      return { kind: 'aborted' };
  }
}

async function runStop(
  deps: HandsDeps,
  step: Extract<RestartStep, { kind: 'stop' }>,
  { ref, signal }: StepContext,
): Promise<StepResult> {
  const startedMs = deps.clock.monotonicMs();
  const result = await stopProgram({ ...deps, signal }, step.program, step.killAfterMs);
  const summary = result.kind === 'aborted' ? 'aborted because the monitor stops' : result.detail;
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
  const report = { ok: result.kind === 'stopped', summary, output: '', durationMs };
  deps.events.emit({
    type: 'command.ended',
    ...ref,
    purpose: 'stop',
    text: `stop pid ${step.program.identity.pid}`,
    report,
  });
  switch (result.kind) {
    case 'stopped':
      return { kind: 'done' };
    case 'not_permitted':
      return {
        kind: 'refused',
        detail: `${result.detail} (run process-monitor grant as root, then restart the monitor)`,
      };
    case 'still_running':
      return { kind: 'failed', detail: result.detail };
    case 'aborted':
      return { kind: 'aborted' };
  }
}

async function runStart(
  deps: HandsDeps,
  commandLine: string,
  { ref, policy, signal, known }: StepContext,
): Promise<StepResult> {
  const startedMs = deps.clock.monotonicMs();
  const { roots } = await findPrograms(deps, policy, signal);
  // Once it has ended, its pid file no longer tells it from others of its name.
  const isNew = ({ identity }: RunningProcess): boolean => !known.some((other) => isSameProgram(other, identity));
  const running = roots.find(isNew)?.identity.pid;
  if (running !== undefined) {
    // Somebody was faster. Whether it is well is for the checks to say; a second one beside it never is.
    const summary = `not started: pid ${running} runs already`;
    const report = { ok: true, summary, output: '', durationMs: Math.round(deps.clock.monotonicMs() - startedMs) };
    deps.events.emit({ type: 'command.ended', ...ref, purpose: 'start', text: commandLine, report });
    return { kind: 'done' };
  }
  const result = await deps.starter.start(
    {
      name: transientUnitBase(policy.systemName).slice('pm-'.length),
      commandLine,
      shell: policy.shell,
      user: policy.user,
      workingDirectory: policy.workingDirectory,
      environment: policy.environment,
      limits: policy.limits,
    },
    { timeoutMs: policy.commandTimeoutMs, signal },
  );
  const report = reportStart(result, deps.clock.monotonicMs() - startedMs);
  deps.events.emit({ type: 'command.ended', ...ref, purpose: 'start', text: commandLine, report });
  if (result.kind === 'started') return { kind: 'done' };
  const detail = `start ${policy.systemName}: ${result.detail}`;
  if (result.reason === 'no_room') return { kind: 'refused', detail, isPassing: true };
  const isMistake = result.reason === 'not_permitted' || result.reason === 'bad_command';
  return { kind: isMistake ? 'refused' : 'failed', detail };
}
