/**
 * One open connection to the system bus, for the bare limit: restarts units and waits for their jobs, no more. It is not
 * the program's own client, so that the limit stays where it is when that changes.
 */
import { createConnection, type Socket } from 'node:net';
import { BusMessages, encodeCall, handshakeOf, type BusMessage } from './bus-messages.js';

const SOCKET = '/run/dbus/system_bus_socket';
const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
const SYSTEMD = 'org.freedesktop.systemd1';
const MANAGER = { destination: SYSTEMD, path: '/org/freedesktop/systemd1', interface: `${SYSTEMD}.Manager` };
const MATCH = `type='signal',interface='${SYSTEMD}.Manager',member='JobRemoved'`;

export interface Bus {
  /** Resolves when systemd says that the job is done; rejects on any other end. */
  restart(unit: string): Promise<void>;
  close(): void;
}

export async function connectBus(): Promise<Bus> {
  const connection = new Connection();
  await connection.call({ ...BUS, member: 'Hello' });
  await connection.call({ ...BUS, member: 'AddMatch', words: [MATCH] });
  await connection.call({ ...MANAGER, member: 'Subscribe' });
  return {
    restart: async (unit) => {
      const answer = await connection.call({ ...MANAGER, member: 'RestartUnit', words: [unit, 'fail'] });
      const result = await connection.jobEnd(answer.strings(0, 1)[0] ?? '');
      if (result !== 'done') throw new Error(`the restart of ${unit} ended with ${result}`);
    },
    close: () => connection.close(),
  };
}

class Connection {
  readonly #socket: Socket = createConnection(SOCKET);
  readonly #messages = new BusMessages();
  readonly #answers = new Map<number, (answer: BusMessage) => void>();
  readonly #jobs = new Map<string, (result: string) => void>();
  /** Jobs can end before we are told that they have begun. */
  readonly #ended = new Map<string, string>();
  #serial = 0;

  constructor() {
    this.#socket.on('data', (chunk) => {
      for (const message of this.#messages.push(chunk)) this.#take(message);
    });
    this.#socket.write(handshakeOf(process.getuid?.() ?? 0));
  }

  async call(what: Omit<Parameters<typeof encodeCall>[0], 'serial'>): Promise<BusMessage> {
    this.#serial += 1;
    const serial = this.#serial;
    const answer = await new Promise<BusMessage>((resolve) => {
      this.#answers.set(serial, resolve);
      this.#socket.write(encodeCall({ ...what, serial }));
    });
    if (answer.type !== 'reply') throw new Error(`${what.member}: ${answer.strings(0, 1)[0] ?? answer.type}`);
    return answer;
  }

  async jobEnd(job: string): Promise<string> {
    const result = this.#ended.get(job) ?? (await new Promise<string>((resolve) => this.#jobs.set(job, resolve)));
    this.#ended.delete(job);
    return result;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(message: BusMessage): void {
    if (message.type === 'signal') {
      // A signal that is not about a job comes to every connection: its own name.
      if (message.signature === 'uoss') this.#jobEnded(message.strings(4, 3));
      return;
    }
    this.#answers.get(message.replySerial)?.(message);
    this.#answers.delete(message.replySerial);
  }

  #jobEnded([job = '', , result = '']: readonly string[]): void {
    const settle = this.#jobs.get(job);
    this.#jobs.delete(job);
    if (settle === undefined) this.#ended.set(job, result);
    else settle(result);
  }
}
