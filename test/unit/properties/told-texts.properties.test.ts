/** Whatever rows, commands and databases say: a line of the log stays one line, and the status a single message. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../../src/adapters/log/logger.js';
import { SdNotify } from '../../../src/adapters/systemd/sd-notify.js';
import type { MonitorEvent } from '../../../src/domain/event.js';
import { FakeClock } from '../../support/fake-clock.js';
import { hostileName } from '../../support/hostile-names.js';
import { idOf } from '../../support/policy.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';
import { ScriptedRunner } from '../../support/scripted-runner.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** Control characters, broken characters, marks that turn text round, other ends of lines. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

const ref = fc
  .record({ alarmId: hostileName, processName: hostileName })
  .map((parts) => ({ ...parts, processId: idOf(7) }));
const row = fc.record({
  processId: fc.constant(idOf(7)),
  processName: fc.option(hostileName),
  notes: fc.option(hostileName),
});
const event: fc.Arbitrary<MonitorEvent> = fc.oneof(
  row.map((each): MonitorEvent => ({ type: 'alarm.found', row: each })),
  fc.tuple(row, hostileName).map(([each, detail]): MonitorEvent => ({
    type: 'alarm.skipped',
    row: each,
    reason: { code: 'cannot_act', detail },
  })),
  fc.tuple(ref, hostileName).map(([of, text]): MonitorEvent => {
    const report = { ok: false, summary: text, output: text, durationMs: 1 };
    return { type: 'command.ended', purpose: 'restart', text, report, ...of };
  }),
  fc
    .tuple(ref, hostileName)
    .map(([of, detail]): MonitorEvent => ({ type: 'attempt.failed', attempt: 1, maxAttempts: 2, detail, ...of })),
  fc.tuple(hostileName, hostileName).map(([code, detail]): MonitorEvent => ({ type: 'monitor.warned', code, detail })),
  fc.tuple(hostileName, hostileName).map(([target, detail]): MonitorEvent => ({
    type: 'request.served',
    request: target,
    target,
    by: target,
    ok: true,
    detail,
  })),
);

describe('the log', () => {
  it.each(['json', 'text'] as const)(
    'has one harmless line for each event, in the file and on the console: %s',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (events) => {
          const directory = await temporaryDirectory();
          const written: string[] = [];
          const console = {
            mode: 'on' as const,
            isTerminal: format === 'text',
            isColoured: false,
            journalStream: null,
            write: (text: string) => void written.push(text),
          };
          const log = await openLog({
            directory,
            level: 'debug',
            format,
            maxLogSizeBytes: 1e9,
            logFilesToKeep: 2,
            console,
            secrets: [],
            host: 'h',
            clock: new FakeClock(),
          });
          for (const each of events) log.sink.emit(each);
          await log.close();
          const lines =
            events.length === 0
              ? []
              : (await readFile(join(directory, 'current.log'), 'utf8')).split('\n').slice(0, -1);
          expect(lines.length).toBe(events.length);
          expect(log.dropped).toBe(0);
          expect(written.map((text) => text.slice(0, -1))).toEqual(lines);
          lines.forEach((line, index) => {
            expect(line).not.toMatch(UNSAFE);
            if (format === 'json') expect(JSON.parse(line)).toMatchObject({ event: events[index]?.type });
          });
        }),
        runs(30),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe('the status for systemd', () => {
  it(
    'is one assignment of at most 500 bytes in which nothing acts on a terminal',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(hostileName, { maxLength: 5 }), async (texts) => {
          const runner = new ScriptedRunner().on('systemd-notify');
          const notifier = new SdNotify(runner, '/run/systemd/notify');
          for (const text of texts) await notifier.status(text);
          for (const { command } of runner.calls) {
            expect(command.args.length).toBe(1);
            expect(command.args[0]).toMatch(/^STATUS=/);
            expect(command.args[0]).not.toMatch(UNSAFE);
            expect(Buffer.byteLength(command.args[0] ?? '')).toBeLessThanOrEqual('STATUS='.length + 500);
          }
        }),
        runs(300),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
