/** A message bus that answers as a test tells it to, on a socket of its own. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { encodeMessage, MessageSplitter, type IncomingMessage } from '../../src/adapters/systemd/dbus/message.js';
import type { WireValue } from '../../src/adapters/systemd/dbus/wire-writer.js';

export interface ScriptedCall {
  readonly member: string;
  readonly path: string;
  readonly interface: string;
  readonly args: readonly WireValue[];
  readonly wantsAnswer: boolean;
}

export type ScriptedAnswer =
  | { readonly signature?: string; readonly body?: readonly WireValue[]; readonly before?: () => void }
  | { readonly error: string; readonly message?: string }
  /** Never answered. */
  | 'silence'
  /** The connection ends instead. */
  | 'hang_up';

type Responder = (call: ScriptedCall) => ScriptedAnswer | Promise<ScriptedAnswer>;

const MANAGER = { path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager' };

/** The bus itself (Hello, AddMatch, …) answers of its own accord; all else as scripted, and what is not scripted is unknown. */
export class ScriptedBus {
  readonly path: string;
  /** All calls so far, in their order. */
  readonly calls: ScriptedCall[] = [];
  readonly sockets = new Set<Socket>();
  /** How often somebody has connected. */
  connections = 0;
  readonly #responders = new Map<string, Responder>();
  #server: Server | null = null;
  #serial = 1;

  constructor(directory: string) {
    this.path = join(directory, 'bus');
    this.on('Hello', () => ({ signature: 's', body: [':1.7'] }));
    for (const member of ['AddMatch', 'RemoveMatch', 'Subscribe']) this.on(member, () => ({}));
  }

  on(member: string, responder: Responder): this {
    this.#responders.set(member, responder);
    return this;
  }

  async start(): Promise<void> {
    this.#server = createServer((socket) => this.#serve(socket)).listen(this.path);
    await once(this.#server, 'listening');
  }

  /** As a bus that is shut down: every connection ends, and nobody listens. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    this.hangUp();
    await closed;
  }

  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** The members called so far, those of the bus itself left out. */
  asked(): readonly string[] {
    const own = new Set(['Hello', 'AddMatch', 'RemoveMatch']);
    return this.calls.map(({ member }) => member).filter((member) => !own.has(member));
  }

  jobRemoved(job: string, unit: string, result: string): void {
    this.signal({ ...MANAGER, member: 'JobRemoved' }, 'uoss', [1, job, unit, result]);
  }

  signal(
    fields: { readonly path: string; readonly interface: string; readonly member: string },
    signature: string,
    body: readonly WireValue[],
  ): void {
    const sender = 'org.freedesktop.systemd1';
    for (const socket of this.sockets)
      socket.write(
        encodeMessage({ type: 'signal', serial: this.#serial++, fields: { ...fields, sender, signature }, body }),
      );
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    const splitter = new MessageSplitter();
    let greeting = '';
    let isOpen = false;
    socket.on('data', (chunk: Buffer) => {
      let bytes = chunk;
      if (!isOpen) {
        greeting += chunk.toString('latin1');
        const end = greeting.indexOf('BEGIN\r\n');
        if (end < 0) return;
        isOpen = true;
        socket.write('DATA\r\nOK 00112233445566778899aabbccddeeff\r\n');
        bytes = Buffer.from(greeting.slice(end + 'BEGIN\r\n'.length), 'latin1');
      }
      for (const message of splitter.push(bytes)) void this.#answer(socket, message);
    });
  }

  async #answer(socket: Socket, { serial, fields, isOneWay, read }: IncomingMessage): Promise<void> {
    const { member = '', path = '', interface: face = '', signature = '' } = fields;
    const call = { member, path, interface: face, args: read().values(signature), wantsAnswer: !isOneWay };
    this.calls.push(call);
    const unknown: ScriptedAnswer = { error: 'org.freedesktop.DBus.Error.UnknownMethod', message: `no ${member}` };
    const answer = (await this.#responders.get(member)?.(call)) ?? unknown;
    if (answer === 'silence' || isOneWay || socket.destroyed) return;
    if (answer === 'hang_up') {
      socket.destroy();
      return;
    }
    const to = { replySerial: serial, sender: 'org.freedesktop.systemd1' };
    if ('error' in answer) {
      const error = { ...to, error: answer.error, signature: 's' };
      socket.write(
        encodeMessage({ type: 'error', serial: this.#serial++, fields: error, body: [answer.message ?? ''] }),
      );
      return;
    }
    answer.before?.();
    const reply = { ...to, ...(answer.signature === undefined ? {} : { signature: answer.signature }) };
    socket.write(encodeMessage({ type: 'reply', serial: this.#serial++, fields: reply, body: answer.body ?? [] }));
  }
}
