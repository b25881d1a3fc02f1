/** The running monitor's ear: a unix socket on which people ask for something, one request a connection. */
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Clock } from '../../ports/clock.js';
import type { ControlHandler, ControlReply } from '../../ports/control-handler.js';
import { ControlClient } from './control-client.js';
import { LONGEST_LINE_BYTES, parseRequest, receiveLine } from './messages.js';

const SOCKET_MODE = 0o660;
const DIRECTORY_MODE = 0o750;
/** How long a client may take to say what it wants. */
const REQUEST_WITHIN_MS = 10_000;
/** How long another monitor may take to say that it runs. */
const PING_WITHIN_MS = 2_000;
const MOST_CONNECTIONS = 64;
/** How often the socket is looked for: without it nobody finds this monitor, and a second one could start. */
const LOOK_EVERY_MS = 2_000;

export interface ControlServerOptions {
  /** At most 107 bytes, as the system has it. */
  readonly path: string;
  readonly handler: ControlHandler;
  readonly clock: Clock;
}

export type ControlStart =
  | { readonly kind: 'listening' }
  /** Another monitor runs; `pid` as far as it told. */
  | { readonly kind: 'in_use'; readonly pid: number | null }
  | { readonly kind: 'failed'; readonly detail: string };

/** A handler goes on when its client goes away: a restart that has begun is finished. Only `close` aborts it. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #closing = new AbortController();
  #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #conversations = new Set<Promise<void>>();

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = this.#create();
  }

  #create(): Server {
    // Half-open: a client that has said all (`nc -N`) still waits for the reply.
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    server.maxConnections = MOST_CONNECTIONS;
    return server;
  }

  /** Listens; a socket that a dead monitor left behind is replaced. Never rejects. */
  async start(): Promise<ControlStart> {
    const { path } = this.#options;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
      if (!(await this.#listen())) {
        const other = await this.#askOther();
        if (other !== 'dead') return other;
        rmSync(path, { force: true });
        if (!(await this.#listen())) return { kind: 'in_use', pid: null };
      }
      chmodSync(path, SOCKET_MODE);
      void this.#keep();
      return { kind: 'listening' };
    } catch (error) {
      return {
        kind: 'failed',
        detail: `control socket ${path}: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }

  /** Aborts what is handled, waits for it to end, and removes the socket. Calling it again does nothing more. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await Promise.all(this.#conversations);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Makes the socket anew where somebody has removed it; what was asked through the old one is still answered. */
  async #keep(): Promise<void> {
    const { path, clock } = this.#options;
    while ((await clock.sleep(LOOK_EVERY_MS, this.#closing.signal)) === 'elapsed') {
      if (existsSync(path)) continue;
      this.#server.close();
      this.#server = this.#create();
      try {
        mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
        if (await this.#listen()) chmodSync(path, SOCKET_MODE);
      } catch {
        // Tried again at the next look.
      }
    }
  }

  /** Resolves false where the path is taken; rejects on anything else. */
  #listen(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => {
        if ('code' in error && error.code === 'EADDRINUSE') resolve(false);
        else reject(error);
      };
      this.#server.once('error', onError);
      this.#server.listen(this.#options.path, () => {
        this.#server.off('error', onError);
        resolve(true);
      });
    });
  }

  async #askOther(): Promise<ControlStart | 'dead'> {
    const { path, clock } = this.#options;
    const answer = await new ControlClient(path, clock).send(
      { command: 'ping', target: '' },
      { timeoutMs: PING_WITHIN_MS, signal: this.#closing.signal },
    );
    if (answer.kind === 'not_running') return 'dead';
    const pid = answer.kind === 'replied' ? /\d+/.exec(answer.reply.text)?.[0] : undefined;
    return { kind: 'in_use', pid: pid === undefined ? null : Number(pid) };
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // the client went away; nothing is owed to it
    const conversation = this.#converse(socket).finally(() => this.#conversations.delete(conversation));
    this.#conversations.add(conversation);
  }

  async #converse(socket: Socket): Promise<void> {
    const reply = await this.#reply(socket);
    if (reply === null) socket.destroy();
    else socket.write(`${JSON.stringify(reply)}\n`, () => socket.destroySoon());
  }

  /** null: the client is gone or said nothing in time. */
  async #reply(socket: Socket): Promise<ControlReply | null> {
    const heard = new AbortController();
    // Taken off again: AbortSignal.any keeps what hangs on a long-lived signal.
    const stop = (): void => heard.abort();
    this.#closing.signal.addEventListener('abort', stop);
    if (this.#closing.signal.aborted) stop();
    const silence = this.#options.clock.sleep(REQUEST_WITHIN_MS, heard.signal);
    const received = await Promise.race([receiveLine(socket), silence.then(() => ({ kind: 'closed' }) as const)]);
    this.#closing.signal.removeEventListener('abort', stop);
    stop();
    if (received.kind === 'closed') return null;
    if (received.kind === 'too_long') return failure(`the request is longer than ${LONGEST_LINE_BYTES} bytes`);
    const request = parseRequest(received.text);
    if (request === null) return failure('this is no request, example: {"command":"restart","target":"sshd"}');
    try {
      return await this.#options.handler.handle(request, this.#closing.signal);
    } catch (error) {
      return failure(error instanceof Error ? error.message : String(error));
    }
  }
}

function failure(text: string): ControlReply {
  return { ok: false, code: 'failed', text };
}
