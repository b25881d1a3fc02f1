/** Lines about alarms before anything is restarted: found, left alone, held back, broken off. */
import type { AlarmRow } from '../../domain/alarm.js';
import { assertNever } from '../../domain/outcome.js';
import { skipText } from '../../domain/skip-text.js';
import type { SkipReason } from '../../domain/verdict.js';
import { type EventOf, line, type LineLevel, type LogLine } from './log-line.js';

type AlarmFamily = EventOf<
  | 'alarm.found'
  | 'alarm.skipped'
  | 'alarm.gone'
  | 'alarm.raised_by_watch'
  | 'alarm.not_raised'
  | 'brake.applied'
  | 'brake.released'
  | 'breaker.changed'
>;

export function alarmLine(event: AlarmFamily): LogLine {
  switch (event.type) {
    case 'alarm.found':
      return line('info', `Found process in alarm: ${nameAndId(event.row)}`, { notes: event.row.notes });
    case 'alarm.skipped':
      return skippedLine(event);
    case 'alarm.gone':
      return line('info', `Alarm is gone without our doing: ${nameAndId(event)}`);
    case 'alarm.raised_by_watch':
      return line('warn', `Unit of ${nameAndId(event)} has failed with no alarm: raised`, {
        unit: event.unit,
        detail: event.detail,
      });
    case 'alarm.not_raised':
      return line('info', `Unit of ${event.processName} has failed: ${NOT_RAISED[event.reason]}`, {
        unit: event.unit,
        reason: event.reason,
        detail: event.detail,
      });
    case 'brake.applied':
      return line('warn', 'Mass alarm: restarts are held for one look', { alarmed: event.alarmed, known: event.known });
    case 'brake.released':
      return event.confirmed
        ? line('warn', 'Mass alarm confirmed by a second look: restarts go on', { alarmed: event.alarmed })
        : line('info', 'Mass alarm is over: restarts go on', { alarmed: event.alarmed });
    case 'breaker.changed':
      return breakerLine(event);
    default:
      return assertNever(event);
  }
}

const NOT_RAISED: Readonly<Record<EventOf<'alarm.not_raised'>['reason'], string>> = {
  no_row: 'no row of it to raise an alarm in',
  acknowledged: 'its alarm is acknowledged and stays as it is',
  isolated: 'a person holds its breaker, no alarm raised',
  write_back_off: 'the monitor may not write, no alarm raised',
};

/** As operators grep for it: `sshd (ID: 42)`. */
function nameAndId(row: Pick<AlarmRow, 'processName' | 'processId'>): string {
  return `${row.processName ?? '(no name)'} (ID: ${row.processId ?? 'none'})`;
}

function skippedLine({ row, reason }: EventOf<'alarm.skipped'>): LogLine {
  const retryInMs = 'retryInMs' in reason ? reason.retryInMs : null;
  const fields = { reason: reason.code, detail: skipText(reason), retryInMs: whole(retryInMs) };
  return line(skipLevel(reason), skipMessage(row, reason), fields);
}

function skipMessage(row: AlarmRow, reason: SkipReason): string {
  switch (reason.code) {
    case 'unlisted':
      return `Ignoring process without config section: ${nameAndId(row)}`;
    case 'breaker_open':
      return `Circuit breaker open for ${row.processName ?? '(no name)'}. Skipping restart.`;
    default:
      return `Skipping restart for ${nameAndId(row)}: ${skipText(reason)}`;
  }
}

function skipLevel(reason: SkipReason): LineLevel {
  switch (reason.code) {
    case 'budget_used_up':
      return 'error'; // no other line tells that the monitor has given up for now
    case 'invalid_name':
    case 'orphan':
    case 'protected':
    case 'breaker_open':
    case 'refused':
    case 'cannot_act':
    case 'mass_alarm':
    case 'odd_time':
      return 'warn';
    case 'in_progress':
    case 'waits_for_slot':
      return 'debug';
    case 'unlisted':
    case 'disabled':
    case 'dry_run':
    case 'owes_write_back':
    case 'recently_recovered':
    case 'isolated':
    case 'startup_grace':
    case 'just_sighted':
      return 'info';
    default:
      return assertNever(reason);
  }
}

function breakerLine(event: EventOf<'breaker.changed'>): LogLine {
  const { from, to, processName, retryInMs, by } = event;
  const fields = { from: from.kind, to: to.kind, reason: by, retryInMs: whole(retryInMs) };
  switch (to.kind) {
    case 'open': {
      const cause = from.kind === 'closed' ? `${from.failures + 1} failures` : 'a failed trial';
      return line('error', `Circuit breaker opened for ${processName} after ${cause}`, {
        ...fields,
        openings: to.openings,
      });
    }
    case 'half_open':
      return line('info', `Circuit breaker half-open for ${processName}: the next restart is a trial`, fields);
    case 'isolated':
      return line(
        'warn',
        `Circuit breaker isolated for ${processName}: nothing is restarted until a person frees it`,
        fields,
      );
    case 'closed':
      return to.failures === 0
        ? line('info', `Circuit breaker reset for ${processName}`, fields)
        : line('info', `Circuit breaker counts failures for ${processName}`, { ...fields, failures: to.failures });
    default:
      return assertNever(to);
  }
}

/** The clock counts in parts of a millisecond. */
function whole(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
