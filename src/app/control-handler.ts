/** Carries out what a person asks of the running monitor. */
import { pid } from 'node:process';
import type { ProcessId } from '../domain/alarm.js';
import { assertNever, interruptionText, type Interruption, type RestartOutcome } from '../domain/outcome.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { protection } from '../domain/protected-names.js';
import { durationText } from '../domain/time-text.js';
import type { Subject } from '../engine/ledger.js';
import type { Monitor } from '../engine/monitor.js';
import type { AlarmDesk } from '../ports/alarm-desk.js';
import type { ControlHandler, ControlReply, ControlRequest } from '../ports/control-handler.js';
import type { EventSink } from '../ports/event-sink.js';
import { StoreError } from '../ports/store-error.js';
import { pingText, type Sight } from './sight.js';

export interface ControlDeps {
  readonly monitor: Monitor;
  readonly desk: AlarmDesk;
  readonly events: EventSink;
  readonly policyFor: (processName: string) => ProcessPolicy | null;
  readonly sight: Sight;
}

export function createControlHandler(deps: ControlDeps): ControlHandler {
  return {
    async handle(request: ControlRequest, signal: AbortSignal): Promise<ControlReply> {
      if (request.command === 'ping') return { ok: true, code: 'done', text: pingText(pid, deps.sight.blindSinceMs) };
      const reply = await serve(deps, request, signal);
      const { command, target } = request;
      deps.events.emit({ type: 'request.served', request: command, target, ok: reply.ok, detail: reply.text });
      return reply;
    },
  };
}

async function serve(
  deps: ControlDeps,
  { command, target }: ControlRequest,
  signal: AbortSignal,
): Promise<ControlReply> {
  switch (command) {
    case 'ping':
      return { ok: true, code: 'done', text: '' };
    case 'restart':
      return restart(deps, target);
    case 'breaker_reset':
    case 'breaker_isolate':
      return setBreaker(deps, target, command === 'breaker_reset' ? 'reset' : 'isolate', signal);
    default:
      return assertNever(command);
  }
}

async function restart({ monitor, policyFor }: ControlDeps, target: string): Promise<ControlReply> {
  const policy = policyFor(target);
  if (policy === null) return unknown(target, 'the settings have no section for it');
  const guarded = protection([policy.processName, policy.systemName], policy.allowProtected);
  if (guarded !== null) return { ok: false, code: 'failed', text: `${target} was not restarted: ${guarded}` };
  const outcome = await monitor.restartNow(policy);
  if (outcome === 'busy')
    return { ok: false, code: 'busy', text: `${target} is being handled already, or the monitor stops` };
  return restartReply(target, outcome);
}

/** The same words whether the running monitor restarted it or the command itself did. */
export function restartReply(target: string, outcome: RestartOutcome): ControlReply {
  switch (outcome.kind) {
    case 'recovered':
      return {
        ok: true,
        code: 'done',
        text: `${target} restarted and well after ${durationText(outcome.tookMs)}, ${outcome.attempts} attempt(s)`,
      };
    case 'still_unhealthy':
    case 'command_failed':
      return {
        ok: false,
        code: 'unhealthy',
        text: `${target} is not well after ${outcome.attempts} attempt(s): ${outcome.detail}`,
      };
    case 'refused':
      return { ok: false, code: 'failed', text: `${target} was not restarted: ${outcome.detail}` };
    case 'interrupted':
      return {
        ok: false,
        code: 'busy',
        text: `the restart of ${target} was interrupted: ${interruptionText(outcome.why)}${adviceOn(outcome.why, target)}`,
      };
    default:
      return assertNever(outcome);
  }
}

/** What a person can do about it; empty: nothing but wait. */
function adviceOn(why: Interruption, target: string): string {
  return why === 'budget_used_up'
    ? `; explain ${target} says until when, breaker reset ${target} sets its own restarts to zero`
    : '';
}

async function setBreaker(
  deps: ControlDeps,
  target: string,
  wish: 'isolate' | 'reset',
  signal: AbortSignal,
): Promise<ControlReply> {
  const found = await subjectsNamed(deps, target, signal);
  if (typeof found === 'string') return { ok: false, code: 'failed', text: found };
  if (found.length === 0) return unknown(target, 'no process of this host has that name');
  for (const subject of found) deps.monitor.ledger.setByPerson(subject, wish);
  await deps.monitor.ledger.save();
  const done =
    wish === 'isolate' ? 'held open: nothing is restarted until it is reset' : 'closed, all its counters are zero';
  return { ok: true, code: 'done', text: `circuit breaker of ${target} ${done}` };
}

/** By the memory and by the database; a text says why the database could not be asked where that leaves nothing. */
async function subjectsNamed(
  { monitor, desk }: ControlDeps,
  processName: string,
  signal: AbortSignal,
): Promise<readonly Subject[] | string> {
  const remembered = monitor.ledger.entries().filter(([, memory]) => memory.processName === processName);
  const ids = new Set<ProcessId>(remembered.map(([processId]) => processId));
  try {
    for (const row of await desk.list(signal)) {
      if (row.processName === processName && row.processId !== null) ids.add(row.processId);
    }
  } catch (cause: unknown) {
    if (!(cause instanceof StoreError)) throw cause;
    if (ids.size === 0)
      return `${processName} is not in the memory, and the database does not answer: ${cause.message}`;
  }
  return [...ids].map((processId) => ({ processId, processName }));
}

function unknown(target: string, why: string): ControlReply {
  return { ok: false, code: 'unknown_process', text: `unknown process ${target}: ${why}` };
}
