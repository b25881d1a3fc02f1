/** The words and levels that operators search for, one row for each event. */
import { describe, expect, it } from 'vitest';
import { logLine } from '../../../src/adapters/log/log-lines.js';
import type { ProcessId } from '../../../src/domain/alarm.js';
import type { MonitorEvent } from '../../../src/domain/event.js';
import type { SkipReason } from '../../../src/domain/verdict.js';

const processId = 42 as ProcessId;
const row = { processId, processName: 'sshd', notes: 'seen by Ana' };
const ref = { alarmId: '0123456789ab', processId, processName: 'sshd' };
const report = { ok: true, summary: 'exited 0 after 20 ms', output: '', durationMs: 20 };
const closed = { kind: 'closed', failures: 0 } as const;
const breaker = { type: 'breaker.changed', processId, processName: 'sshd', retryInMs: null, by: 'result' } as const;
const ended = { type: 'restart.ended', ...ref, systemName: 'sshd.service', durationMs: 1500 } as const;

const LINES: readonly [string, string, MonitorEvent][] = [
  [
    'info',
    'Starting Process Monitor Service',
    { type: 'monitor.started', version: '1', pid: 7, source: 'mysql', isDryRun: false },
  ],
  ['info', 'Stopping Process Monitor Service', { type: 'monitor.draining', reason: 'SIGTERM', inFlight: 1 }],
  ['info', 'Process Monitor Service stopped', { type: 'monitor.stopped' }],
  ['error', 'Monitor is blind', { type: 'monitor.blinded', code: 'unreachable', detail: 'x' }],
  ['error', 'Monitor is still blind', { type: 'monitor.still_blind', code: 'refused', detail: 'x', blindMs: 1 }],
  ['info', 'Monitor sees again', { type: 'monitor.sighted', blindMs: 1 }],
  ['warn', 'no primary key', { type: 'monitor.warned', code: 'schema', detail: 'no primary key' }],
  [
    'warn',
    'Units are reached by systemctl: the message bus does not answer',
    { type: 'unit_way.changed', way: 'systemctl', detail: 'connect ENOENT' },
  ],
  ['error', 'Units cannot be reached', { type: 'unit_way.changed', way: 'none', detail: 'connect ENOENT' }],
  ['info', 'Units are reached over D-Bus again', { type: 'unit_way.changed', way: 'dbus', detail: null }],
  ['debug', 'Database check completed', { type: 'cycle.completed', alarmed: 1, started: 1, skipped: 0, durationMs: 3 }],
  ['info', 'Found process in alarm: sshd (ID: 42)', { type: 'alarm.found', row }],
  [
    'info',
    'Found process in alarm: (no name) (ID: none)',
    { type: 'alarm.found', row: { processId: null, processName: null, notes: null } },
  ],
  [
    'info',
    'Ignoring process without config section: sshd (ID: 42)',
    { type: 'alarm.skipped', row, reason: { code: 'unlisted' } },
  ],
  [
    'warn',
    'Circuit breaker open for sshd. Skipping restart.',
    { type: 'alarm.skipped', row, reason: { code: 'breaker_open', retryInMs: 250_000 } },
  ],
  [
    'warn',
    'Unit of sshd (ID: 42) has failed with no alarm: raised',
    { type: 'alarm.raised_by_watch', processId, processName: 'sshd', unit: 'sshd.service', detail: 'x' },
  ],
  [
    'info',
    'Unit of sshd has failed: no row of it to raise an alarm in',
    { type: 'alarm.not_raised', processName: 'sshd', unit: 'sshd.service', reason: 'no_row', detail: 'x' },
  ],
  ['info', 'Alarm is gone without our doing: sshd (ID: 42)', { type: 'alarm.gone', processId, processName: 'sshd' }],
  ['warn', 'Mass alarm: restarts are held', { type: 'brake.applied', alarmed: 6, known: 10 }],
  ['warn', 'Mass alarm confirmed', { type: 'brake.released', alarmed: 6, confirmed: true }],
  ['info', 'Mass alarm is over', { type: 'brake.released', alarmed: 1, confirmed: false }],
  [
    'info',
    'RESTART LOG: Beginning restart procedure for sshd (strategy: auto, system_name: ssh)',
    { type: 'restart.started', ...ref, strategy: 'auto', systemName: 'ssh', isTrial: false },
  ],
  [
    'info',
    'Attempting restart (1 of 2) for sshd',
    { type: 'restart.attempted', ...ref, attempt: 1, maxAttempts: 2, how: 'unit' },
  ],
  [
    'info',
    'Executing pre-restart command for sshd: /bin/pre',
    { type: 'command.ended', ...ref, purpose: 'pre_restart', text: '/bin/pre', report },
  ],
  [
    'warn',
    'Pre-restart command failed for sshd',
    { type: 'command.ended', ...ref, purpose: 'pre_restart', text: 'x', report: { ...report, ok: false } },
  ],
  [
    'info',
    'Custom restart command executed for: sshd',
    { type: 'command.ended', ...ref, purpose: 'restart', text: 'x', report },
  ],
  [
    'warn',
    'Custom restart command failed for: sshd',
    { type: 'command.ended', ...ref, purpose: 'restart', text: 'x', report: { ...report, ok: false } },
  ],
  [
    'info',
    'Service restart command executed for: sshd',
    { type: 'command.ended', ...ref, purpose: 'unit', text: 'x', report },
  ],
  [
    'info',
    'Process stop command executed for: sshd',
    { type: 'command.ended', ...ref, purpose: 'stop', text: 'x', report },
  ],
  [
    'warn',
    'Process start command failed for: sshd',
    { type: 'command.ended', ...ref, purpose: 'start', text: 'x', report: { ...report, ok: false } },
  ],
  [
    'info',
    'Health check passed for sshd',
    { type: 'health.checked', ...ref, ok: true, what: 'x', detail: 'y', durationMs: 10 },
  ],
  [
    'warn',
    'Health check failed for sshd after 5 seconds',
    { type: 'health.checked', ...ref, ok: false, what: 'x', detail: 'y', durationMs: 5004 },
  ],
  [
    'warn',
    'RESTART LOG: Attempt 2 failed for sshd',
    { type: 'attempt.failed', ...ref, attempt: 2, maxAttempts: 2, detail: 'x' },
  ],
  ['info', 'Successfully handled alarm for sshd', { ...ended, outcome: { kind: 'recovered', attempts: 1, tookMs: 9 } }],
  [
    'error',
    'Failed to handle alarm for sshd',
    { ...ended, outcome: { kind: 'still_unhealthy', attempts: 2, detail: 'x' } },
  ],
  ['error', 'Failed to handle alarm for sshd', { ...ended, outcome: { kind: 'refused', detail: 'x' } }],
  [
    'warn',
    'Handling of alarm for sshd was interrupted',
    { ...ended, outcome: { kind: 'interrupted', why: 'shutdown' } },
  ],
  [
    'info',
    'DB UPDATE LOG: Successfully updated alarm status for process_id: 42',
    { type: 'write_back.done', ...ref, rows: 1, noteStored: true, wasOwed: false },
  ],
  [
    'warn',
    'DB UPDATE LOG: Successfully updated alarm status for process_id: 42',
    { type: 'write_back.done', ...ref, rows: 1, noteStored: false, wasOwed: false },
  ],
  [
    'info',
    'DB UPDATE LOG: Alarm was no longer ours',
    { type: 'write_back.done', ...ref, rows: 0, noteStored: false, wasOwed: true },
  ],
  [
    'warn',
    'DB UPDATE LOG: Failed to update alarm status for process_id: 42',
    { type: 'write_back.owed', ...ref, detail: 'locked' },
  ],
  ['info', 'DB UPDATE LOG: Alarm status left to its source for process_id: 42', { type: 'write_back.off', ...ref }],
  ['warn', 'sshd failed again after its alarm was cleared', { type: 'process.relapsed', ...ref, detail: 'x' }],
  [
    'info',
    'Reset failure count for process: sshd after successful restart',
    { type: 'process.stable', ...ref, afterMs: 1 },
  ],
  [
    'error',
    'Circuit breaker opened for sshd after 3 failures',
    { ...breaker, from: { kind: 'closed', failures: 2 }, to: { kind: 'open', untilMs: 1, openings: 1 } },
  ],
  [
    'error',
    'Circuit breaker opened for sshd after a failed trial',
    { ...breaker, from: { kind: 'half_open', openings: 1 }, to: { kind: 'open', untilMs: 1, openings: 2 } },
  ],
  [
    'info',
    'Circuit breaker half-open for sshd',
    { ...breaker, from: { kind: 'open', untilMs: 1, openings: 1 }, to: { kind: 'half_open', openings: 1 } },
  ],
  ['info', 'Circuit breaker reset for sshd', { ...breaker, from: { kind: 'half_open', openings: 1 }, to: closed }],
  ['warn', 'Circuit breaker isolated for sshd', { ...breaker, from: closed, to: { kind: 'isolated' }, by: 'person' }],
  [
    'info',
    'Circuit breaker counts failures for sshd',
    { ...breaker, from: closed, to: { kind: 'closed', failures: 1 } },
  ],
  ['error', 'State file was damaged', { type: 'state.damaged', detail: 'x', movedTo: null }],
  ['error', 'State file cannot be written', { type: 'state.unsaved', detail: 'x' }],
  ['info', 'State file can be written again', { type: 'state.saved_again' }],
  ['warn', 'Handling of sshd was cut off', { type: 'handling.resumed', ...ref, finding: 'looking' }],
  [
    'warn',
    'Request served: restart',
    { type: 'request.served', request: 'restart', target: 'x', by: 'ana (1001)', ok: false, detail: 'y' },
  ],
  ['error', 'Audit log cannot be written', { type: 'audit.failed', lost: false, detail: 'y' }],
];

describe('logLine', () => {
  it.each(LINES)('says at level %s: %s', (level, message, event) => {
    const line = logLine(event);
    expect(line.level).toBe(level);
    expect(line.message).toContain(message);
    expect(line.fields['event']).toBe(event.type);
  });

  it('puts process, handling and outcome of a restart into fields', () => {
    const outcome = { kind: 'command_failed', attempts: 2, detail: 'missing executable: /opt/x' } as const;
    expect(logLine({ ...ended, outcome }).fields).toMatchObject({
      processName: 'sshd',
      processId: 42,
      alarmId: '0123456789ab',
      outcome: 'command_failed',
      attempts: 2,
      detail: 'missing executable: /opt/x',
      durationMs: 1500,
    });
  });

  it('tells waits in whole milliseconds', () => {
    const reason = { code: 'breaker_open', retryInMs: 294149.59 } as const;
    const to = { kind: 'open', untilMs: 300000.4, openings: 1 } as const;
    expect(logLine({ type: 'alarm.skipped', row, reason }).fields).toMatchObject({ retryInMs: 294150 });
    expect(logLine({ ...breaker, from: closed, to, retryInMs: 299999.9 }).fields).toMatchObject({ retryInMs: 300000 });
  });
});

describe('the reason of a skip', () => {
  const REASONS: readonly [SkipReason, string][] = [
    [{ code: 'invalid_name', detail: 'empty' }, 'the row cannot be used: empty'],
    [{ code: 'orphan' }, 'no process belongs to this row'],
    [{ code: 'protected', detail: 'dbus' }, 'protected: dbus'],
    [{ code: 'unlisted' }, 'no config section for it'],
    [{ code: 'disabled' }, 'disabled in the settings'],
    [{ code: 'dry_run', would: 'restart unit a.service' }, 'dry run, would do: restart unit a.service'],
    [
      { code: 'cannot_act', detail: 'unit a.service is masked' },
      'an attempt would be refused: unit a.service is masked',
    ],
    [{ code: 'in_progress' }, 'a restart of it is in progress'],
    [{ code: 'waits_for_slot' }, 'waits for a free slot'],
    [{ code: 'owes_write_back' }, 'already handled, its write-back is still owed'],
    [{ code: 'recently_recovered' }, 'already recovered, the source has yet to clear the alarm'],
    [{ code: 'breaker_open', retryInMs: 250_000 }, 'breaker open, next trial in 4 min 10 s'],
    [{ code: 'isolated' }, 'breaker held open by a person'],
    [
      { code: 'budget_used_up', retryInMs: 60_000, scope: 'host' },
      'restart budget of the host used up, next restart in 1 min',
    ],
    [{ code: 'mass_alarm', alarmed: 6, known: 10 }, 'held by the mass-alarm brake: 6 of 10 processes are in alarm'],
    [{ code: 'refused', detail: 'no right', retryInMs: 5000 }, 'held back, next try in 5 s: no right'],
    [{ code: 'startup_grace', retryInMs: 5000 }, 'the machine has only just booted, first restart in 5 s'],
    [{ code: 'just_sighted' }, 'the database is only just back, or the rows only just ours: one look before acting'],
    [{ code: 'odd_time' }, 'the clock or the machine jumped, one look before acting'],
  ];

  it.each(REASONS)('%j reads in words', (reason, words) => {
    const { fields } = logLine({ type: 'alarm.skipped', row, reason });
    expect(fields).toMatchObject({ reason: reason.code, detail: words, processName: 'sshd', processId: 42 });
  });
});
