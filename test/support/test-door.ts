/** A door with a monitor behind it, for clients that keep to no rules. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { ControlServer, type ControlServerOptions } from '../../src/adapters/control/control-server.js';
import { CryptoRandom } from '../../src/adapters/random/crypto-random.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Asker, ControlHandler, ControlReply, ControlRequest } from '../../src/ports/control-handler.js';
import type { People } from '../../src/ports/people.js';
import { temporaryDirectory } from './temporary-directory.js';

/** A group of those who may act, and one user. */
export const OPERATORS = 42_002;
export const ANA = 42_001;
export const PEOPLE: People = {
  operators: () => Promise.resolve({ name: 'operators', gid: OPERATORS }),
  nameOf: (uid) => Promise.resolve(uid === ANA ? 'ana' : null),
};

/** Keeps who was let in with what, and why the others were not. */
export class DoorHandler implements ControlHandler {
  readonly done: [ControlRequest['command'], Asker | null][] = [];
  readonly refused: [Asker | null, string][] = [];

  handle({ command }: ControlRequest, asker: Asker | null): Promise<ControlReply> {
    this.done.push([command, asker]);
    return Promise.resolve({ ok: true, code: 'done', text: '4711' });
  }

  refuse(_request: ControlRequest, asker: Asker | null, why: string): Promise<ControlReply> {
    this.refused.push([asker, why]);
    return Promise.resolve({ ok: false, code: 'not_allowed', text: why });
  }
}

/** In a directory of its own; all of it ends with the test. */
export class TestDoor {
  readonly handler = new DoorHandler();
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TestDoor> {
    return new TestDoor(join(await temporaryDirectory(), 'run', 'control.sock'));
  }

  get directory(): string {
    return dirname(this.path);
  }

  get proofs(): string {
    return join(this.directory, 'proof');
  }

  private options(): ControlServerOptions {
    const { path, handler } = this;
    return { path, handler, clock: new SystemClock(), random: new CryptoRandom(), people: PEOPLE };
  }

  server(changed: Partial<ControlServerOptions> = {}): ControlServer {
    const server = new ControlServer({ ...this.options(), ...changed });
    onTestFinished(() => server.close());
    return server;
  }

  async open(clock: Clock = new SystemClock()): Promise<void> {
    expect(await this.server({ clock }).start()).toEqual({ kind: 'listening' });
  }

  visitor(): Visitor {
    return new Visitor(this.path);
  }
}

/** A client that does each step by itself. */
export class Visitor {
  readonly socket: Socket;
  #heard = '';

  constructor(path: string) {
    this.socket = connect({ path });
    onTestFinished(() => void this.socket.destroy());
    this.socket.setEncoding('utf8').on('data', (text: string) => (this.#heard += text));
    this.socket.on('error', () => undefined);
  }

  say(message: unknown): void {
    this.socket.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  }

  /** The next line; `{}` where the connection ends first. */
  async hear(): Promise<Readonly<Record<string, unknown>>> {
    while (!this.#heard.includes('\n')) {
      if (this.socket.closed) return {};
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
    const [line = ''] = this.#heard.split('\n', 1);
    this.#heard = this.#heard.slice(line.length + 1);
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  }

  /** Asks for a restart and resolves with the name that is to be made. */
  async asks(): Promise<string> {
    this.say({ command: 'restart', target: 'web' });
    return String((await this.hear())['prove']);
  }
}
