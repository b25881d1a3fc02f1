/** The lines of the log as they come out, in the file and on the console. */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { fstatSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../support/fake-clock.js';
import { testLogs, type TestLogs } from './test-logs.js';

let logs: TestLogs;
beforeEach(async () => {
  logs = await testLogs();
});

const stderrIdentity = (): string => `${fstatSync(2).dev}:${fstatSync(2).ino}`;

describe('a JSON line', () => {
  it('has time, level, service, host, pid, message and the facts as fields', async () => {
    const log = await logs.open();
    log.write('warn', 'Hello', { processName: 'sshd', attempt: 2 });
    const [text] = await logs.lines();
    expect(JSON.parse(text ?? '')).toEqual({
      timestamp: '2026-01-01T00:00:00.000Z',
      level: 'warn',
      service: 'process-monitor',
      host: 'srv-01',
      pid: process.pid,
      message: 'Hello',
      processName: 'sshd',
      attempt: 2,
    });
  });

  it('stays one line and shows no control character, yet holds the name as it is', async () => {
    const name = 'a\nb\u001b[31m\u009b\u007f\u2028\u202e\u0000"\\%s ș 😀\ud800';
    const log = await logs.open();
    log.write('info', `Found ${name}`, { processName: name });
    const lines = await logs.lines();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ processName: name, message: `Found ${name}` });
  });

  it('is written once for each event', async () => {
    const log = await logs.open();
    log.sink.emit({ type: 'monitor.stopped' });
    log.sink.emit({ type: 'cycle.completed', alarmed: 0, started: 0, skipped: 0, durationMs: 1 });
    expect((await logs.lines()).map((text) => (JSON.parse(text) as { event: string }).event)).toEqual([
      'monitor.stopped',
    ]);
  });

  it('holds no secret, whether in message, field or key', async () => {
    const log = await logs.open();
    log.write('fatal', 'login with s3cr3t-value', { detail: 'x s3cr3t-value y', nested: { password: 'other' } });
    const [text] = await logs.lines();
    expect(text).not.toMatch(/s3cr3t|other/);
  });
});

describe('a text line', () => {
  it('has local time, level, message and key=value, quoted where needed', async () => {
    const clock = new FakeClock({ nowMs: new Date(2026, 0, 31, 7, 8, 9).getTime() });
    const log = await logs.open({ format: 'text', clock });
    log.write('warn', 'Hello', { attempt: 2, reason: 'busy', detail: 'a "b" = c', ok: true });
    log.write('fatal', 'End\nof it\u001b[2J', { name: 'x\n2026 [ERROR] - forged\u202e' });
    expect(await logs.lines()).toEqual([
      '2026-01-31 07:08:09  [WARNING] - Hello attempt=2 reason=busy detail="a \\"b\\" = c" ok=true',
      '2026-01-31 07:08:09  [CRITICAL] - End\\nof it\\e[2J name="x\\n2026 [ERROR] - forged\\u202e"',
    ]);
  });
});

describe('the console', () => {
  it('gets a priority before each line under the journal', async () => {
    const log = await logs.open({ level: 'debug' }, { mode: 'auto', journalStream: stderrIdentity() });
    for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) log.write(level, `a\n${level}`);
    await endOfTurn();
    expect(logs.console.join('')).toBe('<7>a\\ndebug\n<6>a\\ninfo\n<4>a\\nwarn\n<3>a\\nerror\n<3>a\\nfatal\n');
  });

  it('hands the lines of one turn to the journal together, and a flood of them in pieces', async () => {
    const log = await logs.open({}, { mode: 'auto', journalStream: stderrIdentity() });
    log.write('info', 'one');
    log.write('info', 'two');
    expect(logs.console).toEqual([]);
    await endOfTurn();
    expect(logs.console).toEqual(['<6>one\n<6>two\n']);
    for (let line = 0; line < 100; line += 1) log.write('info', 'x'.repeat(1000));
    expect(logs.console.length).toBeGreaterThan(1);
    await endOfTurn();
    expect(logs.console.join('').split('\n')).toHaveLength(103);
  });

  it('loses no line for the journal when the program ends in that very turn', async () => {
    const log = await logs.open({}, { mode: 'auto', journalStream: stderrIdentity() });
    const before = process.listeners('exit');
    log.write('fatal', 'the last words');
    const added = process.listeners('exit').filter((listener) => !before.includes(listener));
    for (const listener of added) listener.call(process, 1);
    expect(logs.console).toEqual(['<3>the last words\n']);
    await endOfTurn();
    expect(process.listeners('exit')).toEqual(before);
  });

  it('is not taken for the journal when standard error leads elsewhere', async () => {
    const log = await logs.open({}, { mode: 'auto', journalStream: '1:2' });
    log.write('error', 'x');
    expect(logs.console).toEqual([]);
  });

  it('is coloured by level on a terminal, and escape codes in data stay dead', async () => {
    const log = await logs.open({}, { mode: 'auto', isTerminal: true, isColoured: true });
    log.write('error', 'red\u001b[0m');
    expect(logs.console[0]).toMatch(/^\u001b\[31m.*\[ERROR\] - red\\e\[0m\u001b\[0m\n$/);
  });

  it.each([
    ['json', /^\{.*\}\n$/],
    ['text', /^\d{4}-.*\[INFO\] - piped\n$/],
  ] as const)('follows the format %s in a pipe, without colour, when it is on', async (format, look) => {
    const log = await logs.open({ format }, { mode: 'on', isColoured: true });
    log.write('info', 'piped');
    expect(logs.console[0]).toMatch(look);
    expect(logs.console[0]).not.toContain('\u001b');
  });

  it('is silent in a pipe on auto, and always when off', async () => {
    (await logs.open({}, { mode: 'auto' })).write('error', 'x');
    (await logs.open({}, { mode: 'off', isTerminal: true })).write('error', 'x');
    expect(logs.console).toEqual([]);
  });
});
