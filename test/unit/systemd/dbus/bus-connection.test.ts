/** Calls over one connection: answers, errors, deadlines, and the end of the connection. */
import { setMaxListeners } from 'node:events';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BusConnection, type CallResult } from '../../../../src/adapters/systemd/dbus/bus-connection.js';
import { Deadline } from '../../../../src/adapters/systemd/dbus/deadline.js';
import { openBus } from '../../../../src/adapters/systemd/dbus/open-bus.js';
import { SystemClock } from '../../../../src/adapters/time/system-clock.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { until } from '../../../support/unit-bus.js';
import { ScriptedBus } from '../../../support/scripted-bus.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER);

describe('a connection to the bus', () => {
  let bus: ScriptedBus;
  let lost: string[];
  let signals: unknown[];
  beforeEach(async () => {
    bus = new ScriptedBus(await temporaryDirectory());
    lost = [];
    signals = [];
    await bus.start();
    onTestFinished(() => bus.stop());
  });

  const open = async (): Promise<BusConnection> => {
    const listeners = {
      onSignal: (message: { fields: { member?: string } }) => void signals.push(message.fields.member),
      onLost: (detail: string) => void lost.push(detail),
    };
    const { connection, greeting } = await BusConnection.open(bus.path, listeners, patience());
    expect(greeting.kind).toBe('reply');
    onTestFinished(() => connection.close());
    return connection;
  };

  it('gives each caller its own answer, whatever their order', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    bus.on('Echo', async ({ args }) => {
      if (args[0] === 'first') await held;
      else release();
      return { signature: 's', body: [args[0] ?? ''] };
    });
    const connection = await open();
    const answers = await Promise.all(['first', 'second'].map((text) => echo(connection, text)));
    expect(answers).toEqual(['first', 'second']);
  });

  it('sends in one write what is asked in one turn, however deep in promises', async () => {
    bus.on('Echo', ({ args }) => ({ signature: 's', body: args }));
    const connection = await open();
    const write = vi.spyOn(Socket.prototype, 'write');
    onTestFinished(() => write.mockRestore());
    const later = async (turns: number): Promise<string> => {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      return echo(connection, `${turns}`);
    };
    expect(await Promise.all([0, 3, 20].map(later))).toEqual(['0', '3', '20']);
    const ours = write.mock.contexts.filter((socket) => socket instanceof Socket && !bus.sockets.has(socket));
    expect(ours).toHaveLength(1);
  });

  it('gives an error with its name and its words', async () => {
    bus.on('Fail', () => ({ error: 'org.example.Bad', message: 'it is bad' }));
    const result = await (await open()).call(method('Fail'), patience());
    expect(result).toEqual({ kind: 'error', name: 'org.example.Bad', message: 'it is bad' });
  });

  it('ends a call at its deadline, and with its signal', async () => {
    bus.on('Wait', () => 'silence').on('Echo', ({ args }) => ({ signature: 's', body: args }));
    const connection = await open();
    const clock = new FakeClock();
    const late = connection.call(method('Wait'), new Deadline(clock, { timeoutMs: 5000, signal: NEVER }));
    const stop = new AbortController();
    const unwanted = connection.call(method('Wait'), new Deadline(clock, { timeoutMs: 9000, signal: stop.signal }));
    stop.abort();
    expect(await unwanted).toEqual({ kind: 'aborted', wasSent: true });
    // The bus is alive: it has answered somebody meanwhile.
    expect(await echo(connection, 'x')).toBe('x');
    await clock.advance(5000);
    expect(await late).toEqual({ kind: 'timed_out', wasSent: true });
    expect(connection.isLost).toBe(false);
    const over = new Deadline(clock, { timeoutMs: 5000, signal: AbortSignal.abort() });
    expect(await connection.call(method('Echo'), over)).toEqual({ kind: 'aborted', wasSent: false });
  });

  it('gives up a bus that accepts and never answers', async () => {
    bus.on('Wait', () => 'silence');
    const connection = await open();
    const clock = new FakeClock();
    const late = connection.call(method('Wait'), new Deadline(clock, { timeoutMs: 5000, signal: NEVER }));
    const other = connection.call(method('Wait'), patience());
    await clock.advance(5000);
    expect(await late).toEqual({ kind: 'timed_out', wasSent: true });
    expect(await other).toEqual({ kind: 'lost', detail: 'the bus did not answer', wasSent: true });
    expect(lost).toEqual(['the bus did not answer']);
  });

  it('ends all calls at once when the connection ends, and new ones too', async () => {
    bus.on('Wait', () => 'silence').on('Die', () => 'hang_up');
    const connection = await open();
    const waiting = [method('Wait'), method('Wait'), method('Die')].map((call) => connection.call(call, patience()));
    for (const result of await Promise.all(waiting)) expect(result).toMatchObject({ kind: 'lost', wasSent: true });
    expect(await connection.call(method('Wait'), patience())).toMatchObject({ kind: 'lost', wasSent: false });
    expect(lost).toHaveLength(1);
  });

  it('keeps no more than a hundred calls unanswered, and says of the others that they were not sent', async () => {
    bus.on('Wait', () => 'silence');
    const connection = await open();
    const calls = Array.from({ length: 150 }, () => connection.call(method('Wait'), patience()));
    await until(() => bus.asked().length === 100);
    bus.hangUp();
    const results = await Promise.all(calls);
    expect(results.filter((result) => result.kind === 'lost' && result.wasSent)).toHaveLength(100);
    expect(results.filter((result) => result.kind === 'lost' && !result.wasSent)).toHaveLength(50);
    expect(bus.asked()).toHaveLength(100);
  });

  it('sends the calls that wait as answers come', async () => {
    bus.on('Echo', ({ args }) => ({ signature: 's', body: args }));
    const connection = await open();
    const texts = Array.from({ length: 1000 }, (_, number) => `${number}`);
    expect(await Promise.all(texts.map((text) => echo(connection, text)))).toEqual(texts);
  });

  it('hands on signals', async () => {
    const connection = await open();
    const rule = {
      ...method('AddMatch'),
      destination: 'org.freedesktop.DBus',
      signature: 's',
      body: ["type='signal'"],
    };
    expect(await connection.call(rule, patience())).toMatchObject({ kind: 'reply' });
    bus.jobRemoved('/job/1', 'a.service', 'done');
    await until(() => signals.length > 0);
    expect(signals).toEqual(['JobRemoved']);
  });

  it('ends with what is no message', async () => {
    bus.on('Wait', () => {
      for (const socket of bus.sockets) socket.write('HTTP/1.1 400 Bad Request');
      return 'silence';
    });
    const connection = await open();
    const detail = 'not the beginning of a message';
    expect(await connection.call(method('Wait'), patience())).toEqual({ kind: 'lost', detail, wasSent: true });
  });

  it('says that nobody is there', async () => {
    await bus.stop();
    const listeners = { onSignal: () => undefined, onLost: () => undefined };
    const opened = await openBus(`unix:path=${bus.path}`, listeners, patience());
    expect(opened?.greeting).toMatchObject({ kind: 'lost', wasSent: false });
  });

  it.each(['', 'tcp:host=localhost,port=1', 'unix:guid=00ff', 'nonsense'])('opens nothing at %j', async (addresses) => {
    const listeners = { onSignal: () => undefined, onLost: () => undefined };
    expect(await openBus(addresses, listeners, patience())).toBeNull();
  });

  it('takes the first address that answers', async () => {
    const listeners = { onSignal: () => undefined, onLost: () => undefined };
    const addresses = `unix:path=/nowhere;unix:abstract=nobody-listens-here;unix:path=${bus.path};unix:path=/nowhere`;
    const opened = await openBus(addresses, listeners, patience());
    opened?.connection.close();
    expect(opened?.greeting.kind).toBe('reply');
  });
});

function patience(): Deadline {
  const deadline = new Deadline(new SystemClock(), { timeoutMs: 30_000, signal: NEVER });
  onTestFinished(() => deadline.release());
  return deadline;
}

function method(member: string): { destination: string; path: string; interface: string; member: string } {
  return { destination: 'org.example', path: '/a', interface: 'org.example.A', member };
}

async function echo(connection: BusConnection, text: string): Promise<string> {
  const result: CallResult = await connection.call({ ...method('Echo'), signature: 's', body: [text] }, patience());
  return result.kind === 'reply' ? result.reader.string() : result.kind;
}
