/** One connection to the message bus: calls and their answers, and the signals that come in between. */
import { createConnection, type Socket } from 'node:net';
import { nextTick } from 'node:process';
import type { Deadline, EndedEarly } from './deadline.js';
import { encodeMessage, MessageSplitter, type IncomingMessage } from './message.js';
import { Handshake } from './handshake.js';
import type { WireReader } from './wire-reader.js';
import type { WireValue } from './wire-writer.js';

/** The bus allows 128 unanswered calls of one connection, and answers the rest with an error. Source: dbus-daemon(1), limits. */
const MOST_UNANSWERED = 100;
const BUS = 'org.freedesktop.DBus';

export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly WireValue[];
}

export type CallResult =
  /** `read` starts at the answer's first value. Reading can throw `WireError`. */
  | { readonly kind: 'reply'; readonly signature: string; readonly reader: WireReader }
  /** Example: `{ name: 'org.freedesktop.systemd1.NoSuchUnit', message: 'Unit x.service not found.' }` */
  | { readonly kind: 'error'; readonly name: string; readonly message: string }
  /** The connection has ended. `wasSent`: whether the call may have been carried out is not known. */
  | { readonly kind: 'lost'; readonly detail: string; readonly wasSent: boolean }
  | { readonly kind: EndedEarly; readonly wasSent: boolean };

interface Waiting {
  readonly call: MethodCall;
  readonly settle: (result: CallResult) => void;
  serial: number;
}

/**
 * Lives from the handshake to the first thing that goes wrong, and then never again. It does not keep the program
 * running: a request's own deadline does.
 */
export class BusConnection {
  readonly #socket: Socket;
  readonly #splitter = new MessageSplitter();
  readonly #handshake = new Handshake();
  readonly #answers = new Map<number, Waiting>();
  readonly #onSignal: (message: IncomingMessage) => void;
  readonly #onLost: (detail: string) => void;
  /** Calls that wait for room. */
  #queue: Waiting[] = [];
  #unsent: Buffer[] = [];
  #lastSerial = 0;
  /** Answers so far: one who waited in vain looks whether any came meanwhile. */
  #answered = 0;
  #lost: string | null = null;

  private constructor(path: string, listeners: ConnectionListeners) {
    this.#onSignal = listeners.onSignal;
    this.#onLost = listeners.onLost;
    this.#socket = createConnection({ path });
    this.#socket.unref();
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('the bus closed the connection'));
    this.#socket.write(this.#handshake.opening);
  }

  /** Resolves with the greeting's result: only after a reply may the connection be used. */
  static async open(
    path: string,
    listeners: ConnectionListeners,
    deadline: Deadline,
  ): Promise<{ readonly connection: BusConnection; readonly greeting: CallResult }> {
    const connection = new BusConnection(path, listeners);
    const hello = { destination: BUS, path: '/org/freedesktop/DBus', interface: BUS, member: 'Hello' };
    const greeting = await connection.call(hello, deadline);
    if (greeting.kind !== 'reply') connection.close();
    return { connection, greeting };
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** Never rejects, and always ends with the deadline at the latest. Throws `WireError` for arguments of a wrong type. */
  call(call: MethodCall, deadline: Deadline): Promise<CallResult> {
    if (this.#lost !== null) return Promise.resolve({ kind: 'lost', detail: this.#lost, wasSent: false });
    if (deadline.ended !== null) return Promise.resolve({ kind: deadline.ended, wasSent: false });
    return new Promise((resolve) => {
      const answeredBefore = this.#answered;
      const forget = deadline.onEnd((how) => this.#giveUp(waiting, how, answeredBefore));
      const settle = (result: CallResult): void => {
        forget();
        resolve(result);
      };
      const waiting: Waiting = { call, settle, serial: 0 };
      if (this.#answers.size >= MOST_UNANSWERED) this.#queue.push(waiting);
      else this.#send(waiting);
    });
  }

  /** Sends what nobody waits for: no answer comes, and a refusal, which the bus may send all the same, is passed over. */
  tell(call: MethodCall): void {
    if (this.#lost === null) this.#write(call, this.#nextSerial(), true);
  }

  /** All that wait are told at once that the connection is lost. */
  close(): void {
    this.#lose('the connection was closed');
  }

  #send(waiting: Waiting): void {
    waiting.serial = this.#nextSerial();
    this.#write(waiting.call, waiting.serial, false);
    this.#answers.set(waiting.serial, waiting);
  }

  #nextSerial(): number {
    return (this.#lastSerial = (this.#lastSerial % 0xff_ff_ff_ff) + 1);
  }

  #write(call: MethodCall, serial: number, isOneWay: boolean): void {
    const { destination, path, interface: face, member, signature, body } = call;
    const fields = { destination, path, interface: face, member, ...(signature === undefined ? {} : { signature }) };
    const bytes = encodeMessage({ type: 'call', serial, fields, body: body ?? [], isOneWay });
    // What is asked in one turn goes out together: a tick that is asked for by a microtask comes after all of them.
    if (this.#unsent.push(bytes) === 1) queueMicrotask(() => nextTick(() => this.#flush()));
  }

  #flush(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    if (this.#lost === null) this.#socket.write(unsent.length === 1 ? (unsent[0] ?? '') : Buffer.concat(unsent));
  }

  #giveUp(waiting: Waiting, how: EndedEarly, answeredBefore: number): void {
    const wasSent = waiting.serial > 0;
    this.#queue = this.#queue.filter((other) => other !== waiting);
    waiting.settle({ kind: how, wasSent });
    // The answer may still come: until then its place stays taken, as it does in the bus.
    // A bus that has answered nothing at all for so long is given up, and whoever asks next begins anew.
    if (how === 'timed_out' && this.#answered === answeredBefore) this.#lose('the bus did not answer');
  }

  #receive(chunk: Buffer): void {
    try {
      const bytes = this.#handshake.isOver ? chunk : this.#handshake.receive(chunk);
      if (bytes === null) return;
      for (const message of this.#splitter.push(bytes)) this.#take(message);
    } catch (cause: unknown) {
      this.#lose(cause instanceof Error ? cause.message : String(cause));
    }
  }

  #take(message: IncomingMessage): void {
    const { type, fields } = message;
    if (type === 'signal') {
      this.#onSignal(message);
      return;
    }
    if (type !== 'reply' && type !== 'error') return;
    const waiting = this.#answers.get(fields.replySerial ?? 0);
    this.#answered++;
    if (waiting === undefined) return;
    this.#answers.delete(waiting.serial);
    waiting.settle(type === 'reply' ? reply(message) : refusal(message));
    const next = this.#queue.shift();
    if (next !== undefined) this.#send(next);
  }

  #lose(detail: string): void {
    if (this.#lost !== null) return;
    this.#lost = detail;
    this.#socket.destroy();
    const [sent, unsent] = [[...this.#answers.values()], this.#queue];
    this.#answers.clear();
    this.#queue = [];
    for (const waiting of sent) waiting.settle({ kind: 'lost', detail, wasSent: this.#handshake.isOver });
    for (const waiting of unsent) waiting.settle({ kind: 'lost', detail, wasSent: false });
    this.#onLost(detail);
  }
}

export interface ConnectionListeners {
  /** Must not throw for any message: what is thrown ends the connection. */
  readonly onSignal: (message: IncomingMessage) => void;
  /** Once, at its end. */
  readonly onLost: (detail: string) => void;
}

function reply(message: IncomingMessage): CallResult {
  return { kind: 'reply', signature: message.fields.signature ?? '', reader: message.read() };
}

function refusal({ fields, read }: IncomingMessage): CallResult {
  const text = fields.signature?.startsWith('s') === true ? read().string() : '';
  return { kind: 'error', name: fields.error ?? '', message: text };
}
