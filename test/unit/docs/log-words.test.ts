/** The log lines in the manual are the lines that the log writes. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logLine } from '../../../src/adapters/log/log-lines.js';
import { toProcessId } from '../../../src/domain/alarm.js';
import { CLOSED } from '../../../src/domain/circuit-breaker.js';
import type { MonitorEvent } from '../../../src/domain/event.js';
import { PROJECT, read, tableUnder } from './documents.js';

const processId = toProcessId(7);
if (processId === null) throw new Error('7 is a process id');

const ref = { alarmId: '3f9a0c5512de', processId, processName: 'NAME' };
const row = { processId, processName: 'NAME', notes: null };
const report = { ok: true, summary: 'exited 0', output: '', durationMs: 3 };
const breaker = { type: 'breaker.changed', processId, processName: 'NAME', retryInMs: null, by: 'result' } as const;
const open = { kind: 'open', untilMs: 9, openings: 1 } as const;
const failure = { ok: false, summary: 'exited 1', output: '', durationMs: 3 };
const attempt = { attempt: 1, maxAttempts: 2 };

/** At least one event for each kind of line from level info on. */
const EVENTS: readonly MonitorEvent[] = [
  { type: 'monitor.started', version: '1', pid: 1, source: 'x', isDryRun: false },
  { type: 'monitor.draining', reason: 'SIGTERM', inFlight: 0 },
  { type: 'monitor.stopped' },
  { type: 'monitor.blinded', code: 'unreachable', detail: 'x' },
  { type: 'monitor.still_blind', code: 'unreachable', detail: 'x', blindMs: 9 },
  { type: 'monitor.sighted', blindMs: 9 },
  { type: 'alarm.found', row },
  { type: 'alarm.skipped', row, reason: { code: 'unlisted' } },
  { type: 'alarm.skipped', row, reason: { code: 'disabled' } },
  { type: 'alarm.skipped', row, reason: { code: 'breaker_open', retryInMs: 9 } },
  { type: 'alarm.gone', processId, processName: 'NAME' },
  { type: 'alarm.raised_by_watch', processId, processName: 'NAME', unit: 'x', detail: 'x' },
  { type: 'alarm.not_raised', processName: 'NAME', unit: 'x', reason: 'no_row', detail: 'x' },
  { type: 'alarm.not_raised', processName: 'NAME', unit: 'x', reason: 'acknowledged', detail: 'x' },
  { type: 'alarm.not_raised', processName: 'NAME', unit: 'x', reason: 'isolated', detail: 'x' },
  { type: 'alarm.not_raised', processName: 'NAME', unit: 'x', reason: 'write_back_off', detail: 'x' },
  { type: 'restart.started', ...ref, strategy: 'auto', systemName: 'app', isTrial: false },
  { type: 'restart.attempted', ...ref, ...attempt, how: 'x' },
  { type: 'command.ended', ...ref, purpose: 'pre_restart', text: 'true', report },
  { type: 'command.ended', ...ref, purpose: 'pre_restart', text: 'true', report: failure },
  { type: 'command.ended', ...ref, purpose: 'restart', text: 'true', report },
  { type: 'command.ended', ...ref, purpose: 'unit', text: 'true', report },
  { type: 'command.ended', ...ref, purpose: 'stop', text: 'true', report },
  { type: 'command.ended', ...ref, purpose: 'start', text: 'true', report },
  { type: 'health.checked', ...ref, ok: true, what: 'x', detail: 'x', durationMs: 9 },
  { type: 'health.checked', ...ref, ok: false, what: 'x', detail: 'x', durationMs: 9 },
  { type: 'attempt.failed', ...ref, ...attempt, detail: 'x' },
  {
    type: 'restart.ended',
    ...ref,
    outcome: { kind: 'recovered', attempts: 1, tookMs: 9 },
    systemName: 'app',
    durationMs: 9,
  },
  { type: 'restart.ended', ...ref, outcome: { kind: 'refused', detail: 'x' }, systemName: 'app', durationMs: 9 },
  {
    type: 'restart.ended',
    ...ref,
    outcome: { kind: 'interrupted', why: 'shutdown' },
    systemName: 'app',
    durationMs: 9,
  },
  { type: 'write_back.done', ...ref, rows: 1, noteStored: true, wasOwed: false },
  { type: 'write_back.done', ...ref, rows: 0, noteStored: true, wasOwed: false },
  { type: 'write_back.owed', ...ref, detail: 'x' },
  { type: 'write_back.off', ...ref },
  { type: 'alarm.raised_again', ...ref },
  { type: 'process.relapsed', ...ref, detail: 'x' },
  { type: 'process.stable', ...ref, afterMs: 9 },
  { ...breaker, from: CLOSED, to: { kind: 'closed', failures: 1 } },
  { ...breaker, from: { kind: 'closed', failures: 2 }, to: open },
  { ...breaker, from: open, to: { kind: 'half_open', openings: 1 } },
  { ...breaker, from: open, to: { kind: 'isolated' } },
  { ...breaker, from: open, to: CLOSED },
  { type: 'brake.applied', alarmed: 9, known: 9 },
  { type: 'brake.released', alarmed: 9, confirmed: true },
  { type: 'brake.released', alarmed: 1, confirmed: false },
  { type: 'state.damaged', detail: 'x', movedTo: null },
  { type: 'state.unsaved', detail: 'x' },
  { type: 'state.saved_again' },
  { type: 'handling.resumed', ...ref, finding: 'looking' },
  { type: 'ownership.changed', state: 'owner', detail: '' },
  { type: 'ownership.changed', state: 'standby', detail: 'x' },
  { type: 'ownership.changed', state: 'unsure', detail: 'x' },
  { type: 'ownership.changed', state: 'unknown', detail: 'x' },
  { type: 'unit_way.changed', way: 'systemctl', detail: 'x' },
  { type: 'unit_way.changed', way: 'none', detail: 'x' },
  { type: 'unit_way.changed', way: 'dbus', detail: null },
  { type: 'settings.reloaded', changes: [], pending: [], durationMs: 9 },
  { type: 'settings.refused', detail: 'x' },
  { type: 'request.served', request: 'restart', target: 'NAME', by: null, ok: true, detail: 'x' },
  { type: 'audit.failed', lost: true, detail: 'x' },
];

const PLACEHOLDER = /\b(?:TEXT|[NSTX])\b/;

const lines = tableUnder(read('docs/manual.md'), '| line | means |').map(([line = '']) => line.replaceAll('`', ''));
const patterns = lines.map((line) => new RegExp(`^${line.split(PLACEHOLDER).map(escaped).join('.+')}$`));

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Lines that are no events are written where the trouble is met. */
function sources(): string {
  const names = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /^(?:app|cli|engine|adapters\/log)\/[^/]*\.ts$/.test(name))
    .map((name) => read(`src/${name}`))
    .join('\n');
}

describe('the log lines in the manual', () => {
  const messages = EVENTS.map((event) => logLine(event).message);

  it.each(messages)('tells of: %s', (message) => {
    expect(patterns.some((pattern) => pattern.test(message))).toBe(true);
  });

  it('are all written by the log', () => {
    const literal = sources();
    const unknown = lines.filter(
      (line, index) => !messages.some((message) => patterns[index]?.test(message)) && !literal.includes(`'${line}'`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the lines that a rule of the bash monitor’s day looks for', () => {
  const rows = tableUnder(read('docs/manual.md'), '| looked for | look for |');
  const quoted = (cell = ''): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');

  it.each(rows.flatMap(([gone]) => quoted(gone)))('is gone: %s', (gone) => {
    expect(lines.filter((line) => line.includes(gone))).toEqual([]);
  });

  it.each(rows.flatMap(([, now]) => quoted(now).slice(0, 1)).filter((now) => /NAME/.test(now)))(
    'has this one in its place, which the log writes: %s',
    (now) => {
      expect(lines).toContain(now);
    },
  );

  it.each([
    'Starting Process Monitor Service',
    'Found process in alarm: NAME (ID: N)',
    'Ignoring process without config section: NAME (ID: N)',
    'RESTART LOG: Beginning restart procedure for NAME (strategy: S, system_name: X)',
    'Executing pre-restart command for NAME: TEXT',
    'Pre-restart command failed for NAME',
    'Attempting restart (N of N) for NAME',
    'Custom restart command executed for: NAME',
    'Service restart command executed for: NAME',
    'Process start command executed for: NAME',
    'Health check passed for NAME',
    'Health check failed for NAME after T seconds',
    'RESTART LOG: Attempt N failed for NAME',
    'DB UPDATE LOG: Successfully updated alarm status for process_id: N',
    'DB UPDATE LOG: Failed to update alarm status for process_id: N',
    'Circuit breaker open for NAME. Skipping restart.',
    'Circuit breaker reset for NAME',
    'Reset failure count for process: NAME after successful restart',
    'Successfully handled alarm for NAME',
    'Failed to handle alarm for NAME',
  ])('is kept: %s', (kept) => {
    expect(lines).toContain(kept);
  });
});
