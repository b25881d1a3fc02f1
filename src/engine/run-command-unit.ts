/** Runs a configured command as its `command_user`: as the unit that `grant` has made for it, to that unit's own end. */
import type { CommandReport } from '../domain/event.js';
import type { UnitActionResult } from '../ports/unit-manager.js';
import { adviceOn, unitActionText } from './command-report.js';
import type { HandsDeps } from './deps.js';
import { describeUnit } from './observe.js';
import type { StepContext, StepResult } from './step.js';

export interface CommandUnit {
  readonly unit: string;
  /** As configured, for people. */
  readonly commandLine: string;
}

/** systemd ends a command that is late by itself; only where that takes longer still we stop waiting. */
const BEYOND_TIMEOUT_MS = 10_000;

interface Ended {
  readonly result: StepResult;
  readonly summary: string;
}

export async function runCommandUnit(
  deps: HandsDeps,
  { unit, commandLine }: CommandUnit,
  purpose: 'restart' | 'pre_restart',
  { ref, policy, signal }: Pick<StepContext, 'ref' | 'policy' | 'signal'>,
): Promise<StepResult> {
  const startedMs = deps.clock.monotonicMs();
  const action = await deps.units.restart(unit, { timeoutMs: policy.commandTimeoutMs + BEYOND_TIMEOUT_MS, signal });
  const ended = action.kind === 'failed' ? await howItFailed(deps, unit, signal) : endOf(action, unit);
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
  const journal = action.kind === 'failed' ? ` (its output: journalctl -u ${unit})` : '';
  const report: CommandReport = {
    ok: ended.result.kind === 'done',
    summary: `${ended.summary} after ${durationMs} ms${journal}`,
    output: '',
    durationMs,
  };
  deps.events.emit({ type: 'command.ended', ...ref, purpose, text: commandLine, report });
  const key = purpose === 'restart' ? 'restart_command' : 'pre_restart_command';
  return 'detail' in ended.result ? { ...ended.result, detail: `${key} ${ended.result.detail}` } : ended.result;
}

function endOf(action: Exclude<UnitActionResult, { kind: 'failed' }>, unit: string): Ended {
  switch (action.kind) {
    case 'done':
      return { result: { kind: 'done' }, summary: 'exited 0' };
    case 'conflict':
      return { result: { kind: 'operator_at_work' }, summary: `not run: a job for ${unit} is under way` };
    case 'aborted':
      return { result: { kind: 'aborted' }, summary: 'no longer waited for because the monitor stops' };
    case 'timed_out':
    case 'start_limit':
      return failed(`${unit}: ${unitActionText(action)}`);
    case 'impossible': {
      const detail = `cannot be run: ${action.detail} (process-monitor grant, run by root, makes ${unit})`;
      return { result: { kind: 'refused', detail }, summary: detail };
    }
    case 'not_permitted':
    case 'unavailable': {
      const detail = `cannot be run: ${unit}: ${unitActionText(action)}${adviceOn(action, unit)}`;
      const isPassing = action.kind === 'unavailable' && action.isPassing === true;
      return { result: { kind: 'refused', detail, isPassing }, summary: detail };
    }
  }
}

/** As a command that is run directly: one that has exited may still have done its work. */
async function howItFailed(deps: HandsDeps, unit: string, signal: AbortSignal): Promise<Ended> {
  const state = await describeUnit(deps, unit, signal);
  if (state === null || state === 'no_answer') return failed(`failed in ${unit}, how is not known`);
  switch (state.result) {
    case 'exit-code': {
      const detail = `exited ${state.execMainStatus}`;
      return { result: { kind: 'doubtful', detail }, summary: detail };
    }
    case 'timeout':
      return failed('timed out and was ended by systemd');
    case 'signal':
    case 'core-dump':
      return failed(`was killed by signal ${state.execMainStatus}`);
    default:
      return failed(`failed in ${unit} (${state.result})`);
  }
}

function failed(detail: string): Ended {
  return { result: { kind: 'failed', detail }, summary: detail };
}
