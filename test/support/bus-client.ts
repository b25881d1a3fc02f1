/** A client of a message bus that says whatever a test wants: also what the client of the program never does. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { encodeMessage, MessageSplitter, type IncomingMessage } from '../../src/adapters/systemd/dbus/message.js';
import { Handshake } from '../../src/adapters/systemd/dbus/handshake.js';

const BUS = 'org.freedesktop.DBus';

export interface TestSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Its one value, a string. */
  readonly text: string;
}

export class BusClient {
  readonly closed: Promise<unknown>;
  name = '';
  readonly #socket: Socket;
  readonly #splitter = new MessageSplitter();
  readonly #messages: IncomingMessage[] = [];
  #login = Buffer.alloc(0);
  #isLoggedIn = false;
  #serial = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = once(socket, 'close');
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  static async connect(path: string): Promise<BusClient> {
    const socket = createConnection({ path });
    await once(socket, 'connect');
    const client = new BusClient(socket);
    onTestFinished(() => client.close());
    return client;
  }

  /** Logged in, with a name. */
  static async open(path: string): Promise<BusClient> {
    const client = await BusClient.connect(path);
    client.say(Buffer.from(new Handshake().opening));
    await client.line();
    await client.line();
    client.name = (await client.call('Hello')).read().string();
    return client;
  }

  say(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** A call of the bus with strings, as bytes. */
  message(
    member: string,
    texts: readonly string[] = [],
    { isOneWay = false, destination = BUS }: { readonly isOneWay?: boolean; readonly destination?: string } = {},
  ): Buffer {
    this.#serial += 1;
    const signature = texts.length === 0 ? {} : { signature: 's'.repeat(texts.length) };
    const fields = { destination, path: '/org/freedesktop/DBus', interface: BUS, member, ...signature };
    return encodeMessage({ type: 'call', serial: this.#serial, fields, body: texts, isOneWay });
  }

  signal({ text, ...origin }: TestSignal): void {
    this.#serial += 1;
    this.say(
      encodeMessage({ type: 'signal', serial: this.#serial, fields: { ...origin, signature: 's' }, body: [text] }),
    );
  }

  /** What comes next is the answer. */
  async call(member: string, texts: readonly string[] = [], destination = BUS): Promise<IncomingMessage> {
    this.say(this.message(member, texts, { destination }));
    const answer = await this.next();
    expect(answer.fields.replySerial).toBe(this.#serial);
    return answer;
  }

  async must(member: string, text: string): Promise<void> {
    expect((await this.call(member, [text])).type).toBe('reply');
  }

  /** The next line of the login. */
  async line(): Promise<string> {
    await this.#until(() => this.#login.includes('\r\n'));
    const end = this.#login.indexOf('\r\n');
    const line = this.#login.toString('latin1', 0, end);
    this.#login = this.#login.subarray(end + 2);
    if (line.startsWith('OK ')) {
      this.#isLoggedIn = true;
      this.#take(this.#login);
    }
    return line;
  }

  async next(): Promise<IncomingMessage> {
    await this.#until(() => this.#messages.length > 0);
    const message = this.#messages.shift();
    if (message === undefined) throw new Error('no message');
    return message;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (!this.#isLoggedIn) this.#login = Buffer.concat([this.#login, chunk]);
    else if (chunk.length > 0) this.#messages.push(...this.#splitter.push(chunk).filter(isNoWelcome));
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#socket.closed) throw new Error('the bus has hung up');
      await new Promise(setImmediate);
    }
  }
}

/** The real one tells each connection its name a second time, by a signal to it alone. */
function isNoWelcome({ type, fields }: IncomingMessage): boolean {
  return !(type === 'signal' && fields.member === 'NameAcquired');
}
