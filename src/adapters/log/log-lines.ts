/** Every event as one line of the log: the one place that turns facts into words. */
import type { MonitorEvent } from '../../domain/event.js';
import { alarmLine } from './alarm-lines.js';
import { handlingLine } from './handling-lines.js';
import type { LogLine } from './log-line.js';
import { monitorLine } from './monitor-lines.js';
import { outcomeLine } from './outcome-lines.js';

/** The line of an event; its fields hold the event's type and the handling it belongs to. */
export function logLine(event: MonitorEvent): LogLine {
  const { level, message, fields } = wordsFor(event);
  return { level, message, fields: { event: event.type, ...identity(event), ...fields } };
}

function wordsFor(event: MonitorEvent): LogLine {
  switch (event.type) {
    case 'alarm.found':
    case 'alarm.skipped':
    case 'alarm.gone':
    case 'alarm.raised_by_watch':
    case 'alarm.not_raised':
    case 'brake.applied':
    case 'brake.released':
    case 'breaker.changed':
      return alarmLine(event);
    case 'restart.started':
    case 'restart.attempted':
    case 'command.ended':
    case 'health.checked':
    case 'attempt.failed':
    case 'handling.resumed':
      return handlingLine(event);
    case 'restart.ended':
    case 'write_back.done':
    case 'write_back.owed':
    case 'write_back.off':
    case 'alarm.raised_again':
    case 'process.relapsed':
    case 'process.stable':
      return outcomeLine(event);
    default:
      return monitorLine(event);
  }
}

/** Which process and which handling: under the same names in every line that has them. */
function identity(event: MonitorEvent): Readonly<Record<string, unknown>> {
  const { processName, processId } = 'row' in event ? event.row : 'processId' in event ? event : {};
  return { processName, processId, alarmId: 'alarmId' in event ? event.alarmId : undefined };
}
