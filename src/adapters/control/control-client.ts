/** Asks the running monitor for something, through its control socket. */
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Clock } from '../../ports/clock.js';
import type { ControlReply, ControlRequest } from '../../ports/control-handler.js';
import { codeOf, wordsOf } from './error-words.js';
import { LineReader } from './line-reader.js';
import { parseQuestion, parseReply, provedText } from './messages.js';
import { prove, type Proof } from './prove.js';

/** Beside the socket. */
export const PROOF_DIRECTORY = 'proof';

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

  /** Proves who asks where the monitor wants it proved. Never rejects. */
  async send(request: ControlRequest, options: SendOptions): Promise<ControlAnswer> {
    const socket = connect({ path: this.#path });
    const done = new AbortController();
    const ended = this.#clock
      .sleep(options.timeoutMs, AbortSignal.any([options.signal, done.signal]))
      .then((how): ControlAnswer => ({ kind: 'failed', detail: how === 'elapsed' ? 'no reply in time' : 'given up' }));
    const failed = new Promise<ControlAnswer>((resolve) => {
      socket.on('error', (error) => resolve(whyNot(error)));
    });
    try {
      return await Promise.race([failed, this.#exchange(socket, request), ended]);
    } finally {
      done.abort();
      socket.destroy();
    }
  }

  async #exchange(socket: Socket, request: ControlRequest): Promise<ControlAnswer> {
    const reader = new LineReader(socket);
    socket.write(`${JSON.stringify(request)}\n`);
    const first = await reader.next();
    const question = first.kind === 'line' ? parseQuestion(first.text) : null;
    if (question === null) return toAnswer(first);
    let proof: Proof;
    try {
      proof = await prove(join(dirname(this.#path), PROOF_DIRECTORY), question);
    } catch (error) {
      return { kind: 'failed', detail: `who asks cannot be proved: ${wordsOf(error)}` };
    }
    try {
      socket.write(`${provedText(question.nonce)}\n`);
      return toAnswer(await reader.next());
    } finally {
      await proof.remove();
    }
  }
}

function toAnswer(received: Awaited<ReturnType<LineReader['next']>>): ControlAnswer {
  const reply = received.kind === 'line' ? parseReply(received.text) : null;
  return reply === null ? { kind: 'failed', detail: 'the monitor gave no proper reply' } : { kind: 'replied', reply };
}

function whyNot(error: Error): ControlAnswer {
  switch (codeOf(error)) {
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
