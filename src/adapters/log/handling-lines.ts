/** Lines about a handling while it runs: attempts, commands, checks. */
import { assertNever } from '../../domain/outcome.js';
import { type EventOf, line, type LogLine } from './log-line.js';

type HandlingFamily = EventOf<
  'restart.started' | 'restart.attempted' | 'command.ended' | 'health.checked' | 'attempt.failed' | 'handling.resumed'
>;

export function handlingLine(event: HandlingFamily): LogLine {
  const name = event.processName;
  switch (event.type) {
    case 'restart.started': {
      const { strategy, systemName, isTrial } = event;
      const what = `RESTART LOG: Beginning restart procedure for ${name}`;
      const how = `(strategy: ${strategy}, system_name: ${systemName})`;
      return line('info', `${what} ${how}`, { strategy, systemName, isTrial });
    }
    case 'restart.attempted': {
      const { attempt, maxAttempts, how } = event;
      const message = `Attempting restart (${attempt} of ${maxAttempts}) for ${name}`;
      return line('info', message, { attempt, maxAttempts, detail: how });
    }
    case 'command.ended':
      return commandLine(event);
    case 'health.checked':
      return healthLine(event);
    case 'attempt.failed': {
      const { attempt, maxAttempts, detail } = event;
      return line('warn', `RESTART LOG: Attempt ${attempt} failed for ${name}`, { attempt, maxAttempts, detail });
    }
    case 'handling.resumed':
      return line('warn', `Handling of ${name} was cut off by the end of an earlier run: settling it by looking`, {
        reason: event.finding,
      });
    default:
      return assertNever(event);
  }
}

function commandLine(event: EventOf<'command.ended'>): LogLine {
  const { purpose, text, report } = event;
  return line(report.ok ? 'info' : 'warn', commandMessage(event), {
    purpose,
    command: text,
    detail: report.summary,
    output: report.output === '' ? undefined : report.output,
    durationMs: report.durationMs,
  });
}

function commandMessage({ purpose, text, report, processName: name }: EventOf<'command.ended'>): string {
  const ending = report.ok ? `executed for: ${name}` : `failed for: ${name}`;
  switch (purpose) {
    case 'pre_restart':
      return report.ok
        ? `Executing pre-restart command for ${name}: ${text}`
        : `Pre-restart command failed for ${name}`;
    case 'restart':
      return `Custom restart command ${ending}`;
    case 'unit':
      return `Service restart command ${ending}`;
    case 'stop':
      return `Process stop command ${ending}`;
    case 'start':
      return `Process start command ${ending}`;
    default:
      return assertNever(purpose);
  }
}

function healthLine({ ok, what, detail, durationMs, processName: name }: EventOf<'health.checked'>): LogLine {
  const fields = { check: what, detail, durationMs };
  const seconds = Math.round(durationMs / 100) / 10;
  return ok
    ? line('info', `Health check passed for ${name}`, fields)
    : line('warn', `Health check failed for ${name} after ${seconds} seconds`, fields);
}
