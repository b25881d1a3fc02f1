/** Lines about the monitor itself: its life, its sight, its memory, and what people ask of it. */
import { assertNever } from '../../domain/outcome.js';
import { type EventOf, line, type LogLine } from './log-line.js';

type MonitorFamily = EventOf<
  | 'monitor.started'
  | 'monitor.draining'
  | 'monitor.stopped'
  | 'monitor.blinded'
  | 'monitor.still_blind'
  | 'monitor.sighted'
  | 'monitor.warned'
  | 'cycle.completed'
  | 'state.damaged'
  | 'state.unsaved'
  | 'state.saved_again'
  | 'ownership.changed'
  | 'unit_way.changed'
  | 'settings.reloaded'
  | 'settings.refused'
  | 'request.served'
  | 'audit.failed'
>;
type SightFamily = Extract<
  MonitorFamily,
  { readonly type: 'monitor.blinded' | 'monitor.still_blind' | 'monitor.sighted' | 'cycle.completed' }
>;
type SettingsFamily = Extract<MonitorFamily, { readonly type: `settings.${string}` | 'ownership.changed' }>;
type StateFamily = Extract<MonitorFamily, { readonly type: `state.${string}` }>;

export function monitorLine(event: MonitorFamily): LogLine {
  switch (event.type) {
    case 'monitor.started':
      return line('info', 'Starting Process Monitor Service', {
        version: event.version,
        source: event.source,
        isDryRun: event.isDryRun,
      });
    case 'monitor.draining':
      return line('info', 'Stopping Process Monitor Service: what runs is finished, nothing new is begun', {
        reason: event.reason,
        inFlight: event.inFlight,
      });
    case 'monitor.stopped':
      return line('info', 'Process Monitor Service stopped');
    case 'monitor.warned':
      return line('warn', event.detail, { reason: event.code });
    case 'request.served':
      return line(event.ok ? 'info' : 'warn', `Request served: ${event.request}`, {
        target: event.target,
        by: event.by,
        ok: event.ok,
        detail: event.detail,
      });
    case 'audit.failed':
      return line('error', 'Audit log cannot be written', { lost: event.lost, detail: event.detail });
    case 'state.damaged':
    case 'state.unsaved':
    case 'state.saved_again':
      return stateLine(event);
    case 'unit_way.changed':
      return wayLine(event);
    case 'ownership.changed':
    case 'settings.reloaded':
    case 'settings.refused':
      return settingsLine(event);
    default:
      return sightLine(event);
  }
}

function wayLine({ way, detail }: EventOf<'unit_way.changed'>): LogLine {
  switch (way) {
    case 'dbus':
      return line('info', 'Units are reached over D-Bus again: the message bus answers');
    case 'systemctl':
      return line('warn', 'Units are reached by systemctl: the message bus does not answer', { detail });
    case 'none':
      return line('error', 'Units cannot be reached: the message bus no longer answers, and no other way does', {
        detail,
      });
  }
}

function sightLine(event: SightFamily): LogLine {
  switch (event.type) {
    case 'monitor.blinded':
      return line('error', 'Monitor is blind: the database does not answer, nothing is restarted until it does', {
        reason: event.code,
        detail: event.detail,
      });
    case 'monitor.still_blind':
      return line('error', 'Monitor is still blind: the database does not answer', {
        reason: event.code,
        detail: event.detail,
        durationMs: event.blindMs,
      });
    case 'monitor.sighted':
      return line('info', 'Monitor sees again: the database answers', { durationMs: event.blindMs });
    case 'cycle.completed':
      return line('debug', 'Database check completed', {
        alarmed: event.alarmed,
        started: event.started,
        skipped: event.skipped,
        durationMs: event.durationMs,
      });
    default:
      return assertNever(event);
  }
}

function stateLine(event: StateFamily): LogLine {
  switch (event.type) {
    case 'state.damaged':
      return line('error', 'State file was damaged: set aside, breakers and owed write-backs are forgotten', {
        detail: event.detail,
        movedTo: event.movedTo,
      });
    case 'state.unsaved':
      return line('error', 'State file cannot be written: a restart of the monitor would forget what it knows', {
        detail: event.detail,
      });
    case 'state.saved_again':
      return line('info', 'State file can be written again');
    default:
      return assertNever(event);
  }
}

function settingsLine(event: SettingsFamily): LogLine {
  switch (event.type) {
    case 'ownership.changed':
      return ownershipLine(event);
    case 'settings.reloaded':
      return line('info', 'Settings reloaded', {
        changes: event.changes,
        pending: event.pending,
        durationMs: event.durationMs,
      });
    case 'settings.refused':
      return line('error', 'Settings not reloaded, the old ones stay in force', { detail: event.detail });
    default:
      return assertNever(event);
  }
}

function ownershipLine({ state, detail }: EventOf<'ownership.changed'>): LogLine {
  switch (state) {
    case 'owner':
      return line('info', 'This monitor acts: it is the owner of the rows of its host', { detail });
    case 'standby':
      return line('warn', 'This monitor stands by: another one acts', { detail });
    case 'unsure':
      return line('error', 'This monitor no longer acts: another one may have taken over', { detail });
    case 'unknown':
      return line('warn', 'This monitor does not act yet: it is not known whether another one does', { detail });
    default:
      return assertNever(state);
  }
}
