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
import type { AuditEntry } from '../ports/audit-log.js';
import type { Clock } from '../ports/clock.js';
import type { Asker, ControlHandler, ControlReply, ControlRequest } from '../ports/control-handler.js';
import type { EventSink } from '../ports/event-sink.js';
import { StoreError } from '../ports/store-error.js';
import { audited, type Act, type AuditDeps } from './audited.js';
import { RefusalMeter } from './refusal-meter.js';
import { pingText, type Sight } from './sight.js';

export interface ControlDeps extends AuditDeps {
  readonly monitor: Monitor;
  readonly desk: AlarmDesk;
  readonly events: EventSink;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly policyFor: (processName: string) => ProcessPolicy | null;
  readonly sight: Sight;
  /** Whose hand it is: the running monitor's, or that of the command itself. */
  readonly from: AuditEntry['from'];
  /** Reads the settings anew, all or nothing. */
  readonly reload: () => Promise<ControlReply>;
}

/** Nothing is done for an asker who is not proved, nor where it cannot be recorded. */
export function createControlHandler(deps: ControlDeps): ControlHandler {
  const meter = new RefusalMeter(deps.clock);
  const tell = (request: ControlRequest, asker: Asker | null, { ok, text }: ControlReply): void =>
    deps.events.emit({
      type: 'request.served',
      request: request.command,
      target: request.target,
      by: asker === null ? null : askerText(asker),
      ok,
      detail: text,
    });
  const refuse = async (request: ControlRequest, asker: Asker | null, why: string): Promise<ControlReply> => {
    const reply: ControlReply = { ok: false, code: 'not_allowed', text: why };
    const metered = meter.take();
    if (!metered.isRecorded) return reply;
    tell(request, asker, { ...reply, text: `${why}${metered.note}` });
    const result = { result: reply.code, detail: `${why}${metered.note}` };
    const entry = { ...actOf(request, asker, deps.from), id: deps.random.id(), phase: 'result', ...result } as const;
    const written = await deps.audit.write(entry);
    if (written.kind === 'failed') deps.events.emit({ type: 'audit.failed', lost: true, detail: written.detail });
    return reply;
  };
  return {
    refuse,
    async handle(request, asker, signal) {
      if (request.command === 'ping') return { ok: true, code: 'done', text: pingText(pid, deps.sight.blindSinceMs) };
      if (asker === null) return refuse(request, null, 'who asks is not proved');
      const reply = await act(deps, request, asker, signal);
      tell(request, asker, reply);
      return reply;
    },
  };
}

/** In this order: recorded, done, recorded how it ended. */
async function act(
  deps: ControlDeps,
  request: ControlRequest,
  asker: Asker,
  signal: AbortSignal,
): Promise<ControlReply> {
  const end = await audited(
    deps,
    actOf(request, asker, deps.from),
    () => serve(deps, request, signal),
    ({ code, text }) => ({ result: code, detail: text }),
  );
  if (end.kind === 'refused') {
    deps.events.emit({ type: 'audit.failed', lost: false, detail: end.detail });
    return { ok: false, code: 'failed', text: end.detail };
  }
  if (end.unwritten === null) return end.value;
  deps.events.emit({ type: 'audit.failed', lost: true, detail: end.unwritten });
  return { ...end.value, text: `${end.value.text}; this result is not in the audit log: ${end.unwritten}` };
}

function actOf({ command, target, why }: ControlRequest, asker: Asker | null, from: Act['from']): Act {
  return { asker, from, what: command, target, why: why ?? null };
}

function askerText({ uid, user }: Asker): string {
  return user === null ? `user ${uid}` : `${user} (${uid})`;
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
    case 'reload':
      return deps.reload();
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
