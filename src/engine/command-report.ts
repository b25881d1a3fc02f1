/** Says in words how a command or a request to systemd went. */
import type { CommandReport } from '../domain/event.js';
import type { CommandResult } from '../ports/command-runner.js';
import type { StartResult } from '../ports/process-starter.js';
import type { UnitActionResult } from '../ports/unit-manager.js';

const LONGEST_OUTPUT = 2000;

/** `ok` only where it ran and exited 0. */
export function reportCommand(result: CommandResult): CommandReport {
  switch (result.kind) {
    case 'exited':
      return ended(result.exitCode === 0, exitText(result.exitCode), result);
    case 'killed':
      return ended(false, `killed by ${result.signal}`, result);
    case 'timed_out':
      return ended(false, 'timed out and was killed with all its children', result);
    case 'aborted':
      return ended(false, 'aborted because the monitor stops', result);
    case 'not_started':
      return { ok: false, summary: notStartedText(result.reason, result.detail), output: '', durationMs: 0 };
  }
}

function ended(
  ok: boolean,
  what: string,
  result: { readonly output: string; readonly durationMs: number },
): CommandReport {
  const durationMs = Math.round(result.durationMs);
  return { ok, summary: `${what} after ${durationMs} ms`, output: lastPart(result.output), durationMs };
}

function exitText(exitCode: number): string {
  if (exitCode === 127) return 'exited 127 (missing executable)';
  if (exitCode === 126) return 'exited 126 (not executable)';
  return `exited ${exitCode}`;
}

function notStartedText(reason: 'missing' | 'not_permitted' | 'no_room' | 'other', detail: string): string {
  switch (reason) {
    case 'missing':
      return `missing executable: ${detail}`;
    case 'not_permitted':
      return `not permitted to execute: ${detail}`;
    case 'no_room':
    case 'other':
      return `could not be started: ${detail}`;
  }
}

function lastPart(output: string): string {
  const text = output.trim();
  return text.length <= LONGEST_OUTPUT ? text : `…${text.slice(-LONGEST_OUTPUT)}`;
}

export function reportUnitAction(result: UnitActionResult, durationMs: number): CommandReport {
  const detail = 'detail' in result ? result.detail : '';
  const took = Math.round(durationMs);
  return {
    ok: result.kind === 'done',
    summary: `${unitActionText(result)} after ${took} ms`,
    output: detail,
    durationMs: took,
  };
}

/** For example `failed (Job for app.service failed …)`. */
export function unitActionText(result: UnitActionResult): string {
  switch (result.kind) {
    case 'done':
      return 'done';
    case 'failed':
    case 'start_limit':
    case 'conflict':
    case 'not_permitted':
    case 'impossible':
    case 'unavailable':
      return `${result.kind.replaceAll('_', ' ')} (${lastPart(result.detail)})`;
    case 'timed_out':
      return 'timed out, systemd goes on with it';
    case 'aborted':
      return 'aborted because the monitor stops';
  }
}

/** What a person can do about it; empty: nothing in particular. */
export function adviceOn(result: UnitActionResult, unit: string): string {
  return result.kind === 'not_permitted'
    ? `; polkit does not let the monitor restart ${unit}: run process-monitor grant as root`
    : '';
}

export function reportStart(result: StartResult, durationMs: number): CommandReport {
  const took = Math.round(durationMs);
  if (result.kind === 'not_started') return { ok: false, summary: result.detail, output: '', durationMs: took };
  const where = result.unit === null ? 'in a session of its own' : `in ${result.unit}`;
  const what = result.identity === null ? 'went into the background' : `pid ${result.identity.pid}`;
  return { ok: true, summary: `started ${where}, ${what}`, output: '', durationMs: took };
}
