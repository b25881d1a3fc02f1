/** Client and server of the control socket, with each other and with those who do not keep to the rules. */
import { rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { text as readAll } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ControlAnswer, ControlClient } from '../../src/adapters/control/control-client.js';
import { ControlServer } from '../../src/adapters/control/control-server.js';
import { CryptoRandom } from '../../src/adapters/random/crypto-random.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Asker, ControlHandler, ControlReply, ControlRequest } from '../../src/ports/control-handler.js';
import type { People } from '../../src/ports/people.js';
import { FakeClock } from '../support/fake-clock.js';
import { PATIENCE } from '../support/patience.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const { signal } = new AbortController();
const PEOPLE: People = { operators: () => Promise.resolve(null), nameOf: () => Promise.resolve(null) };
const SEEN = { random: new CryptoRandom(), people: PEOPLE };
const DONE: ControlReply = { ok: true, code: 'done', text: 'pid 4711' };

let directory = '';
let path = '';
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory, 'run', 'control.sock');
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Answers at once, and keeps what it was asked. */
class ReadyHandler implements ControlHandler {
  readonly requests: ControlRequest[] = [];
  readonly askers: (Asker | null)[] = [];
  readonly refused: string[] = [];
  reply: (request: ControlRequest, signal: AbortSignal) => Promise<ControlReply> = () => Promise.resolve(DONE);

  handle(request: ControlRequest, asker: Asker | null, signal: AbortSignal): Promise<ControlReply> {
    this.requests.push(request);
    this.askers.push(asker);
    return this.reply(request, signal);
  }

  refuse(_request: ControlRequest, _asker: Asker | null, why: string): Promise<ControlReply> {
    this.refused.push(why);
    return Promise.resolve({ ok: false, code: 'not_allowed', text: why });
  }
}

function serverFor(handler: ControlHandler, clock: Clock = new SystemClock()): ControlServer {
  const server = new ControlServer({ path, handler, clock, ...SEEN });
  cleanups.push(() => server.close());
  return server;
}

function send(request: ControlRequest, timeoutMs = 5000): Promise<ControlAnswer> {
  return new ControlClient(path, new SystemClock()).send(request, { timeoutMs, signal });
}

/** A client of no manners: sends these bytes and gives back everything it hears. */
async function say(text: string, isOpen = false): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true });
  if (isOpen) socket.write(text);
  else socket.end(text);
  const heard = await readAll(socket);
  socket.destroy();
  return heard;
}

async function strangerListens(onConnection: (socket: Socket) => void): Promise<void> {
  path = join(directory, 'control.sock');
  const stranger: Server = createServer(onConnection).listen(path);
  cleanups.push(() => stranger.close());
  await once(stranger, 'listening');
}

/** A promise that a test resolves when it wants to. */
function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('a request', () => {
  it('reaches the handler as it was sent, and its reply comes back', async () => {
    const handler = new ReadyHandler();
    expect(await serverFor(handler).start()).toEqual({ kind: 'listening' });
    const target = 'a "b"\n; touch /tmp/x 😀';
    expect(await send({ command: 'restart', target, why: 'it hangs' })).toEqual({ kind: 'replied', reply: DONE });
    expect(handler.requests).toEqual([{ command: 'restart', target, why: 'it hangs' }]);
  });

  it('may come from a plain tool that ends its side first, with or without a target', async () => {
    await serverFor(new ReadyHandler()).start();
    expect(await say('{"command":"ping"}\n')).toBe(`${JSON.stringify(DONE)}\n`);
  });

  it('can be one of many at the same time', async () => {
    await serverFor(new ReadyHandler()).start();
    const answers = await Promise.all(Array.from({ length: 50 }, () => send({ command: 'ping', target: '' })));
    expect(answers.every((answer) => answer.kind === 'replied')).toBe(true);
  });

  it.each([
    '\n',
    'restart sshd\n',
    '{"command":"rm"}\n',
    '{"command":"ping","target":7}\n',
    '[]\n',
    'null\n',
    '{"command":"__proto__"}\n',
  ])('that is none (%j) gets an error and never reaches the handler', async (text) => {
    const handler = new ReadyHandler();
    await serverFor(handler).start();
    expect(JSON.parse(await say(text))).toMatchObject({ ok: false, code: 'failed' });
    expect(handler.requests).toEqual([]);
  });

  it('longer than 64 KiB is refused, however long it goes on', async () => {
    await serverFor(new ReadyHandler()).start();
    expect(await say('x'.repeat(65 * 1024), true)).toContain('longer than 65536 bytes');
  });

  it('that the handler fails at gets the reason', async () => {
    const handler = new ReadyHandler();
    handler.reply = () => Promise.reject(new Error('out of order'));
    await serverFor(handler).start();
    expect(await send({ command: 'ping', target: '' })).toMatchObject({ reply: { ok: false, text: 'out of order' } });
  });

  it('goes on when its client goes away', async () => {
    const handler = new ReadyHandler();
    const asked = later<AbortSignal>();
    const finish = later<ControlReply>();
    handler.reply = (_request, handlerSignal) => {
      asked.resolve(handlerSignal);
      return finish.promise;
    };
    await serverFor(handler).start();
    const socket = connect({ path });
    socket.write('{"command":"ping","target":"a"}\n');
    const handlerSignal = await asked.promise;
    socket.destroy();
    await once(socket, 'close');
    expect(await send({ command: 'ping', target: '' }, 20)).toMatchObject({
      kind: 'failed',
      detail: 'no reply in time',
    });
    expect(handlerSignal.aborted).toBe(false);
    finish.resolve(DONE);
  });
});

describe('a client that says nothing', () => {
  it('is cut off after 10 seconds', async () => {
    const clock = new FakeClock();
    await serverFor(new ReadyHandler(), clock).start();
    const socket = connect({ path });
    socket.write('{"command":"pi');
    const closed = once(socket, 'close');
    await clock.waitForSleeps(2);
    await clock.advance(9_999);
    expect(socket.destroyed).toBe(false);
    await clock.advance(1);
    await closed;
  });

  it('may wait for its reply as long as that takes', async () => {
    const clock = new FakeClock();
    const handler = new ReadyHandler();
    const finish = later<ControlReply>();
    handler.reply = () => finish.promise;
    await serverFor(handler, clock).start();
    const answer = send({ command: 'restart', target: 'a' });
    await clock.waitForSleeps(2);
    while (handler.requests.length === 0) await clock.advance(0);
    await clock.advance(600_000);
    finish.resolve(DONE);
    expect(await answer).toEqual({ kind: 'replied', reply: DONE });
  });
});

describe('closing', () => {
  it('aborts what is handled, sends its reply, ends every connection and removes the socket', async () => {
    const handler = new ReadyHandler();
    const asked = later<undefined>();
    handler.reply = async (_request, handlerSignal) => {
      asked.resolve(undefined);
      await once(handlerSignal, 'abort');
      return { ok: false, code: 'busy', text: 'stopping' };
    };
    const server = serverFor(handler);
    await server.start();
    const silent = connect({ path });
    const silentClosed = once(silent, 'close');
    const answer = send({ command: 'restart', target: 'a' });
    await asked.promise;
    await server.close();
    expect(await answer).toMatchObject({ kind: 'replied', reply: { code: 'busy' } });
    await silentClosed;
    await expect(stat(path)).rejects.toThrow('ENOENT');
    await server.close();
  });

  it('is fine before starting', async () => {
    await serverFor(new ReadyHandler()).close();
  });
});

describe('starting', () => {
  it('makes the directory, and lets only owner and group talk', async () => {
    await serverFor(new ReadyHandler()).start();
    expect((await stat(path)).mode & 0o777).toBe(0o660);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o750);
  });

  it('finds another monitor that runs, with its pid, and leaves it alone', async () => {
    await serverFor(new ReadyHandler()).start();
    const second = new ControlServer({ path, handler: new ReadyHandler(), clock: new SystemClock(), ...SEEN });
    expect(await second.start()).toEqual({ kind: 'in_use', pid: 4711 });
    await second.close();
    expect(await send({ command: 'ping', target: '' })).toMatchObject({ kind: 'replied' });
  });

  it('takes one that listens but does not answer for running', async () => {
    await strangerListens(() => undefined);
    const clock = new FakeClock();
    const start = serverFor(new ReadyHandler(), clock).start();
    await clock.waitForSleeps();
    await clock.advance(2000);
    expect(await start).toEqual({ kind: 'in_use', pid: null });
  });

  it.each([
    ['by a look of its own', 30_000],
    ['by a look that comes sooner, with something else that wakes the monitor', 20_000],
  ])('is made up for, %s, where somebody removes the socket of a monitor that runs', async (_how, ms) => {
    const clock = new FakeClock();
    await serverFor(new ReadyHandler(), clock).start();
    void clock.sleep(ms, new AbortController().signal);
    await rm(dirname(path), { recursive: true });
    expect(await send({ command: 'ping', target: '' })).toEqual({ kind: 'not_running' });
    await clock.advance(ms);
    await vi.waitFor(async () => expect((await stat(path)).mode & 0o777).toBe(0o660), PATIENCE);
    const second = new ControlServer({ path, handler: new ReadyHandler(), clock: new SystemClock(), ...SEEN });
    expect(await second.start()).toEqual({ kind: 'in_use', pid: 4711 });
    await second.close();
    expect((await stat(path)).mode & 0o777).toBe(0o660);
  });

  it('replaces the socket of a monitor that died', async () => {
    const { spawnSync } = await import('node:child_process');
    const die = `require('net').createServer().listen(${JSON.stringify(join(directory, 'stale.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`;
    path = join(directory, 'stale.sock');
    spawnSync(process.execPath, ['-e', die]);
    expect((await stat(path)).isSocket()).toBe(true);
    expect(await send({ command: 'ping', target: '' })).toEqual({ kind: 'not_running' });
    expect(await serverFor(new ReadyHandler()).start()).toEqual({ kind: 'listening' });
    expect(await send({ command: 'ping', target: '' })).toMatchObject({ kind: 'replied' });
  });

  it('says why it cannot listen', async () => {
    await writeFile(join(directory, 'run'), 'in the way');
    expect(await serverFor(new ReadyHandler()).start()).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('EEXIST') as string,
    });
  });
});

describe('the client', () => {
  it('says that no monitor runs where there is no socket', async () => {
    expect(await send({ command: 'ping', target: '' })).toEqual({ kind: 'not_running' });
  });

  it.each(['nonsense\n', '{"ok":1,"code":"done","text":""}\n', '{"ok":true,"code":"odd","text":""}\n', 'cut off'])(
    'does not take %j for a reply',
    async (text) => {
      await strangerListens((socket) => socket.end(text));
      expect(await send({ command: 'ping', target: '' })).toMatchObject({ kind: 'failed' });
    },
  );

  it('ends when it is told to', async () => {
    await strangerListens(() => undefined);
    const controller = new AbortController();
    const answer = new ControlClient(path, new SystemClock()).send(
      { command: 'ping', target: '' },
      { timeoutMs: 60_000, signal: controller.signal },
    );
    controller.abort();
    expect(await answer).toEqual({ kind: 'failed', detail: 'given up' });
  });
});
