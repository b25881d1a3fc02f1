/** Lines about how a handling ended, what became of its alarm, and whether the process stayed well. */
import { assertNever, type RestartOutcome } from '../../domain/outcome.js';
import { type EventOf, line, type LineFields, type LogLine } from './log-line.js';

type OutcomeFamily = EventOf<
  | 'restart.ended'
  | 'write_back.done'
  | 'write_back.owed'
  | 'write_back.off'
  | 'alarm.raised_again'
  | 'process.relapsed'
  | 'process.stable'
>;

export function outcomeLine(event: OutcomeFamily): LogLine {
  const { processName: name, processId: id } = event;
  switch (event.type) {
    case 'restart.ended':
      return endedLine(event);
    case 'write_back.done':
      return writtenLine(event);
    case 'write_back.owed':
      return line('warn', `DB UPDATE LOG: Failed to update alarm status for process_id: ${id}`, {
        detail: `owed, tried again in the next cycle: ${event.detail}`,
      });
    case 'write_back.off':
      return line('info', `DB UPDATE LOG: Alarm status left to its source for process_id: ${id}`);
    case 'alarm.raised_again':
      return line(
        'warn',
        `Alarm of ${name} was raised again while it was being restarted: it stays and is handled anew`,
      );
    case 'process.relapsed':
      return line('warn', `${name} failed again after its alarm was cleared: alarm raised again`, {
        detail: event.detail,
      });
    case 'process.stable':
      return line('info', `Reset failure count for process: ${name} after successful restart`, {
        durationMs: event.afterMs,
      });
    default:
      return assertNever(event);
  }
}

function endedLine({ outcome, systemName, durationMs, processName: name }: EventOf<'restart.ended'>): LogLine {
  const fields = { outcome: outcome.kind, ...outcomeFields(outcome), systemName, durationMs };
  switch (outcome.kind) {
    case 'recovered':
      return line('info', `Successfully handled alarm for ${name}`, fields);
    case 'still_unhealthy':
    case 'command_failed':
    case 'refused':
      return line('error', `Failed to handle alarm for ${name}`, fields);
    case 'interrupted':
      return line('warn', `Handling of alarm for ${name} was interrupted`, fields);
    default:
      return assertNever(outcome);
  }
}

function outcomeFields(outcome: RestartOutcome): LineFields {
  return {
    attempts: 'attempts' in outcome ? outcome.attempts : undefined,
    detail: 'detail' in outcome ? outcome.detail : undefined,
    reason: outcome.kind === 'interrupted' ? outcome.why : undefined,
  };
}

function writtenLine({ rows, noteStored, wasOwed, processId: id }: EventOf<'write_back.done'>): LogLine {
  const fields = { rows, noteStored, wasOwed };
  if (rows === 0) {
    return line('info', `DB UPDATE LOG: Alarm was no longer ours to clear for process_id: ${id}`, fields);
  }
  const message = `DB UPDATE LOG: Successfully updated alarm status for process_id: ${id}`;
  return noteStored
    ? line('info', message, fields)
    : line('warn', message, { ...fields, detail: 'the note could not be stored' });
}
