/** Asks the running monitor for something, through its control socket. */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../ports/clock.js';
import type { ControlReply, ControlRequest } from '../../ports/control-handler.js';
import { parseReply, receiveLine } from './messages.js';

export type ControlAnswer =
  | { readonly kind: 'replied'; readonly reply: ControlReply }
  /** No socket, or nobody behind it. */
  | { readonly kind: 'not_running' }
  /** It runs, but this user may not talk to it. */
  | { readonly kind: 'no_permission' }
  /** `detail`: no reply in time, one that makes no sense, or what the system said. */
  | { readonly kind: 'failed'; readonly detail: string };

export interface SendOptions {
  /** From connecting to the whole reply; a restart takes minutes. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export class ControlClient {
  readonly #path: string;
  readonly #clock: Clock;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Never rejects. */
  async send(request: ControlRequest, options: SendOptions): Promise<ControlAnswer> {
    const socket = connect({ path: this.#path });
    const done = new AbortController();
    const ended = this.#clock
      .sleep(options.timeoutMs, AbortSignal.any([options.signal, done.signal]))
      .then((how): ControlAnswer => ({ kind: 'failed', detail: how === 'elapsed' ? 'no reply in time' : 'given up' }));
    try {
      return await Promise.race([exchange(socket, request), ended]);
    } finally {
      done.abort();
      socket.destroy();
    }
  }
}

async function exchange(socket: Socket, request: ControlRequest): Promise<ControlAnswer> {
  const failed = new Promise<ControlAnswer>((resolve) => {
    socket.on('error', (error) => resolve(whyNot(error)));
  });
  socket.write(`${JSON.stringify(request)}\n`);
  const answer = receiveLine(socket).then((received): ControlAnswer => {
    const reply = received.kind === 'line' ? parseReply(received.text) : null;
    return reply === null ? { kind: 'failed', detail: 'the monitor gave no proper reply' } : { kind: 'replied', reply };
  });
  return Promise.race([failed, answer]);
}

function whyNot(error: Error): ControlAnswer {
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return { kind: 'not_running' };
    case 'EACCES':
    case 'EPERM':
      return { kind: 'no_permission' };
    default:
      return { kind: 'failed', detail: error.message };
  }
}
