/** The running monitor's ear: a unix socket on which people ask for something, one request a connection. */
import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Clock } from '../../ports/clock.js';
import type { ControlHandler, ControlReply } from '../../ports/control-handler.js';
import type { People } from '../../ports/people.js';
import type { Random } from '../../ports/random.js';
import { ControlClient, PROOF_DIRECTORY } from './control-client.js';
import { converse } from './conversation.js';
import { takePlace, type Place } from './door.js';
import { wordsOf } from './error-words.js';
import { replyText } from './messages.js';
import { ProofDesk } from './proof-desk.js';
import { prepareRunDirectory } from './run-directory.js';

/** How long another monitor may take to say that it runs. */
const PING_WITHIN_MS = 2_000;
/** Of those who have yet to say or prove something: a further one takes the place of the one that is silent longest. */
const MOST_SILENT = 64;
const MOST_CONNECTIONS = 256;
/** How often the socket is looked for: without it nobody finds this monitor, and a second one could start. */
const LOOK_EVERY = { leastMs: 20_000, mostMs: 30_000 };

export interface ControlServerOptions {
  /** At most 80 bytes or so: the system allows 107, and beside it lie sockets with longer names. */
  readonly path: string;
  readonly handler: ControlHandler;
  readonly clock: Clock;
  readonly random: Random;
  /** null: a command of root or of the monitor's user keeps the place for a moment; it lets nobody prove anything. */
  readonly people: People | null;
  /** Somebody has removed the directory, and another monitor has taken the place before it was made anew. */
  readonly onLost?: (detail: string) => void;
  /** The socket has been removed and cannot be made again so far. Once, until it is back. */
  readonly onHidden?: (detail: string) => void;
}

export type ControlStart =
  | { readonly kind: 'listening' }
  /** Another monitor runs; `pid` as far as it told. To be tried again: nothing is left of this start. */
  | { readonly kind: 'in_use'; readonly pid: number | null }
  | { readonly kind: 'failed'; readonly detail: string };

interface Taken {
  readonly kind: 'taken';
  readonly server: Server;
  readonly place: Place;
}

type Holder = Extract<ControlStart, { readonly kind: 'in_use' }>;

/** A handler goes on when its client goes away: a restart that has begun is finished. Only `close` aborts it. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #closing = new AbortController();
  readonly #desk: ProofDesk | null;
  #listening: Taken | null = null;
  #isHiddenTold = false;
  readonly #sockets = new Set<Socket>();
  /** In the order they came. */
  readonly #silent = new Set<Socket>();
  readonly #conversations = new Set<Promise<void>>();

  constructor(options: ControlServerOptions) {
    this.#options = options;
    // One for each connection.
    setMaxListeners(0, this.#closing.signal);
    const { path, clock, random, people } = options;
    const directory = join(dirname(path), PROOF_DIRECTORY);
    this.#desk = people === null ? null : new ProofDesk({ directory, clock, random, people });
  }

  /** Listens; the place of a dead monitor is taken over at once. May be called again after `in_use`. Never rejects. */
  async start(): Promise<ControlStart> {
    const started = await this.#take();
    if (started.kind !== 'taken') return started;
    this.#listening = started;
    void this.#keep();
    return { kind: 'listening' };
  }

  /** Aborts what is handled, waits for it to end, and gives the place free. Calling it again does nothing more. */
  async close(): Promise<void> {
    this.#closing.abort();
    // The place stays ours until all is done: nobody begins beside a restart that is being ended.
    while (this.#conversations.size > 0) await Promise.all(this.#conversations);
    const listening = this.#listening;
    this.#listening = null;
    if (listening === null) return;
    listening.place.hide();
    const closed = new Promise<void>((resolve) => {
      listening.server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    listening.place.leave();
  }

  async #take(): Promise<Taken | Exclude<ControlStart, { readonly kind: 'listening' }>> {
    const { path, clock, random, people } = this.#options;
    const server = this.#create();
    const end: (() => void)[] = [() => server.close()];
    try {
      prepareRunDirectory(dirname(path), people === null);
      const options = { path, random, nowMs: () => clock.nowMs() };
      const taken = await takePlace(server, options, (at) => this.#askOther(at));
      if ('holder' in taken) {
        server.close();
        return taken.holder;
      }
      const { place } = taken;
      end.unshift(() => place.hide());
      end.push(() => place.leave());
      await this.#desk?.prepare();
      return { kind: 'taken', server, place };
    } catch (error) {
      for (const step of end) step();
      return { kind: 'failed', detail: `control socket ${path}: ${wordsOf(error)}` };
    }
  }

  #create(): Server {
    // Half-open: a client that has said all (`nc -N`) still waits for the reply.
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    server.maxConnections = MOST_CONNECTIONS;
    return server;
  }

  /** Shows the socket again where somebody has removed it, and takes the place anew where the whole directory is gone. */
  async #keep(): Promise<void> {
    while ((await this.#options.clock.sleepBetween(LOOK_EVERY, this.#closing.signal)) === 'elapsed') {
      const listening = this.#listening;
      const found = listening?.place.check();
      if (listening === null || found === 'ours') continue;
      if (found === 'hidden') showQuietly(listening.place);
      else if (!(await this.#retake(listening.server))) return;
    }
  }

  /** False: another has it now. What was asked through the old socket is still answered. */
  async #retake(old: Server): Promise<boolean> {
    const started = await this.#take();
    if (started.kind === 'failed') {
      if (!this.#isHiddenTold) this.#options.onHidden?.(started.detail);
      this.#isHiddenTold = true;
      return true; // tried again at the next look
    }
    this.#isHiddenTold = false;
    old.close();
    if (started.kind === 'taken') {
      if (this.#closing.signal.aborted) release(started);
      else this.#listening = started;
      return true;
    }
    this.#listening = null;
    const { path, onLost } = this.#options;
    onLost?.(`${path} was removed, and another process-monitor${pidText(started.pid)} holds it now`);
    return false;
  }

  async #askOther(path: string): Promise<Holder | 'dead'> {
    const answer = await new ControlClient(path, this.#options.clock).send(
      { command: 'ping', target: '' },
      { timeoutMs: PING_WITHIN_MS, signal: this.#closing.signal },
    );
    if (answer.kind === 'not_running') return 'dead';
    const pid = answer.kind === 'replied' ? /\d+/.exec(answer.reply.text)?.[0] : undefined;
    return { kind: 'in_use', pid: pid === undefined ? null : Number(pid) };
  }

  #accept(socket: Socket): void {
    if (this.#closing.signal.aborted) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#silent.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#silent.delete(socket);
    });
    socket.on('error', () => socket.destroy()); // the client went away; nothing is owed to it
    const [first] = this.#silent;
    if (this.#silent.size > MOST_SILENT) first?.destroy();
    const { clock, handler, people } = this.#options;
    const conversation = converse(socket, {
      clock,
      handler,
      people,
      desk: this.#desk,
      closing: this.#closing.signal,
      onHeard: () => this.#silent.delete(socket),
    })
      .catch((error: unknown): ControlReply => ({ ok: false, code: 'failed', text: wordsOf(error) }))
      .then((reply) => end(socket, reply))
      .finally(() => this.#conversations.delete(conversation));
    this.#conversations.add(conversation);
  }
}

function end(socket: Socket, reply: ControlReply | null): void {
  if (reply === null) socket.destroy();
  else socket.write(`${replyText(reply)}\n`, () => socket.destroySoon());
}

function release({ server, place }: Taken): void {
  place.hide();
  server.close();
  place.leave();
}

function showQuietly(place: Place): void {
  try {
    place.show();
  } catch {
    // Tried again at the next look.
  }
}

function pidText(pid: number | null): string {
  return pid === null ? '' : ` (pid ${pid})`;
}
