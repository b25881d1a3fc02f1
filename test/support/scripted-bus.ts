/** A message bus whose services answer as a test tells them to, on a socket of its own. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  encodeMessage,
  MessageSplitter,
  type IncomingMessage,
  type MessageFields,
} from '../../src/adapters/systemd/dbus/message.js';
import type { WireValue } from '../../src/adapters/systemd/dbus/wire-writer.js';
import { MatchRules } from './match-rules.js';

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

export interface SignalOrigin {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
}

interface Peer {
  readonly socket: Socket;
  readonly rules: MatchRules;
  /** Null: it has not said Hello yet. */
  name: string | null;
}

const BUS = 'org.freedesktop.DBus';
const SYSTEMD = 'org.freedesktop.systemd1';
const MANAGER = { path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager' };
const OWN_MEMBERS = new Set(['Hello', 'AddMatch', 'RemoveMatch', 'NameHasOwner']);

/**
 * Whatever test/contract/message-bus-contract.ts asks of it, it does as the real one does. Its services answer as scripted,
 * and what is not scripted is unknown to them.
 */
export class ScriptedBus {
  readonly path: string;
  /** All calls so far, in their order. */
  readonly calls: ScriptedCall[] = [];
  /** How often somebody has connected. */
  connections = 0;
  readonly #peers = new Map<Socket, Peer>();
  readonly #services = new Set([BUS, SYSTEMD, 'org.example']);
  readonly #responders = new Map<string, Responder>();
  #server: Server | null = null;
  #serial = 1;
  #named = 0;

  constructor(directory: string) {
    this.path = join(directory, 'bus');
    this.on('Subscribe', () => ({}));
  }

  on(member: string, responder: Responder): this {
    this.#responders.set(member, responder);
    return this;
  }

  /** Its ends of the connections. */
  get sockets(): ReadonlySet<Socket> {
    return new Set(this.#peers.keys());
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
    for (const socket of this.#peers.keys()) socket.destroy();
  }

  /** The members called so far, those of the bus itself left out. */
  asked(): readonly string[] {
    return this.calls.map(({ member }) => member).filter((member) => !OWN_MEMBERS.has(member));
  }

  jobRemoved(job: string, unit: string, result: string): void {
    this.signal({ ...MANAGER, member: 'JobRemoved' }, 'uoss', [1, job, unit, result]);
  }

  /** From systemd, to those who have a rule for it. */
  signal(origin: SignalOrigin, signature: string, body: readonly WireValue[]): void {
    const fields = { ...origin, sender: SYSTEMD, signature };
    for (const { socket, rules } of this.#peers.values()) {
      if (rules.admit(fields, body)) this.#write(socket, 'signal', fields, body);
    }
  }

  #serve(socket: Socket): void {
    this.connections++;
    const peer: Peer = { socket, rules: new MatchRules(), name: null };
    this.#peers.set(socket, peer);
    socket.on('error', () => undefined).on('close', () => this.#peers.delete(socket));
    const splitter = new MessageSplitter();
    let held = Buffer.alloc(0);
    let isOpen = false;
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (!isOpen && held.includes('\r\n')) {
        const end = held.indexOf('\r\n');
        const answer = loginAnswer(held.toString('latin1', 0, end).replace('\0', ''));
        held = held.subarray(end + 2);
        if (answer === null) isOpen = true;
        else socket.write(`${answer}\r\n`);
      }
      if (!isOpen) return;
      const bytes = held;
      held = Buffer.alloc(0);
      try {
        for (const message of splitter.push(bytes)) void this.#answer(peer, message);
      } catch {
        socket.destroy();
      }
    });
  }

  async #answer(peer: Peer, { serial, fields, isOneWay, read }: IncomingMessage): Promise<void> {
    const { socket } = peer;
    const { member = '', path = '', interface: face = '', signature = '', destination = '' } = fields;
    const call = { member, path, interface: face, args: read().values(signature), wantsAnswer: !isOneWay };
    this.calls.push(call);
    const answer = await this.#answerTo(peer, call, destination);
    if (answer === 'hang_up') socket.destroy();
    if (typeof answer === 'string' || socket.destroyed) return;
    // A refusal of the bus itself is told also where no answer is wanted.
    if (isOneWay && !(destination === BUS && 'error' in answer)) return;
    const to = { replySerial: serial, sender: this.#services.has(destination) ? destination : BUS };
    if ('error' in answer) {
      this.#write(socket, 'error', { ...to, error: answer.error, signature: 's' }, [answer.message ?? '']);
      return;
    }
    answer.before?.();
    const reply = answer.signature === undefined ? to : { ...to, signature: answer.signature };
    this.#write(socket, 'reply', reply, answer.body ?? []);
  }

  #answerTo(peer: Peer, call: ScriptedCall, destination: string): ScriptedAnswer | Promise<ScriptedAnswer> {
    const { member } = call;
    if (peer.name === null && (destination !== BUS || member !== 'Hello'))
      return refused('AccessDenied', 'no Hello yet');
    if (!this.#services.has(destination)) return refused('NameHasNoOwner', `Name "${destination}" does not exist`);
    const responder = this.#responders.get(member);
    if (responder !== undefined) return responder(call);
    if (destination === BUS && OWN_MEMBERS.has(member)) return this.#own(peer, call);
    return refused('UnknownMethod', `no ${member}`);
  }

  /** What the bus itself answers. */
  #own(peer: Peer, { member, args: [arg = ''] }: ScriptedCall): ScriptedAnswer {
    if (member === 'Hello' && peer.name !== null) return refused('Failed', 'Already handled an Hello message');
    if (member === 'Hello') {
      peer.name = `:1.${++this.#named}`;
      return { signature: 's', body: [peer.name] };
    }
    if (typeof arg !== 'string') return refused('InvalidArgs', `${member} takes a string`);
    if (member === 'NameHasOwner') {
      const isThere = this.#services.has(arg) || [...this.#peers.values()].some(({ name }) => name === arg);
      return { signature: 'b', body: [isThere] };
    }
    const problem = member === 'AddMatch' ? peer.rules.add(arg) : peer.rules.remove(arg);
    return problem === null ? {} : refused(problem, `the rule ${arg}`);
  }

  #write(socket: Socket, type: 'reply' | 'error' | 'signal', fields: MessageFields, body: readonly WireValue[]): void {
    socket.write(encodeMessage({ type, serial: this.#serial++, fields, body }));
  }
}

/** null: the login is over. */
function loginAnswer(line: string): string | null {
  if (line === 'BEGIN') return null;
  if (line === 'AUTH EXTERNAL') return 'DATA';
  return line === 'DATA' ? 'OK 00112233445566778899aabbccddeeff' : 'REJECTED EXTERNAL';
}

function refused(error: string, message: string): ScriptedAnswer {
  return { error: `org.freedesktop.DBus.Error.${error}`, message };
}
