/** The bus as one that is always there: connects when it is needed, and again when the connection was lost. */
import type { Clock } from '../../../ports/clock.js';
import type { BusConnection, CallResult, MethodCall } from './bus-connection.js';
import { Deadline } from './deadline.js';
import type { IncomingMessage } from './message.js';
import { openBus } from './open-bus.js';

export const SYSTEMD = 'org.freedesktop.systemd1';
export const SYSTEMD_PATH = '/org/freedesktop/systemd1';
export const MANAGER = 'org.freedesktop.systemd1.Manager';
const BUS = 'org.freedesktop.DBus';
const BUS_PATH = '/org/freedesktop/DBus';

const CONNECT_TIMEOUT_MS = 2000;
const SUBSCRIBE_TIMEOUT_MS = 25_000;
/** After a failure nobody tries again for so long, doubled each time: requests have another way, or say so at once. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
const NO_SOCKET =
  'DBUS_SYSTEM_BUS_ADDRESS names no unix socket: unset it, or write unix:path=/run/dbus/system_bus_socket';

export interface BusListener {
  readonly onSignal?: (message: IncomingMessage) => void;
  /** The signals of before the moment may have been missed; `isOpen`: they are heard again. */
  readonly onGap?: (isOpen: boolean) => void;
}

export type NotConnected = Extract<CallResult, { kind: 'lost' | 'timed_out' | 'aborted' }>;

/** Every call goes over the connection that is open at the moment, and none is ever repeated. */
export class SystemBus {
  readonly #clock: Clock;
  readonly #addresses: string | null;
  readonly #listeners = new Set<BusListener>();
  #connection: BusConnection | null = null;
  #opening: Promise<BusConnection | string> | null = null;
  /** The connection on which signals are heard. */
  #heard: BusConnection | null = null;
  #pauseMs = 0;
  #noTryBeforeMs = 0;
  #problem: string | null = null;

  /** `addresses`: as in `DBUS_SYSTEM_BUS_ADDRESS`; null: where the bus of a system always is. */
  constructor(clock: Clock, addresses: string | null) {
    this.#clock = clock;
    this.#addresses = addresses;
  }

  /** Why the last connection failed or ended; null: there is one, or none was asked for yet. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Signals of systemd are heard now. */
  get isHearing(): boolean {
    return this.#heard !== null;
  }

  listen(listener: BusListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async call(call: MethodCall, deadline: Deadline): Promise<CallResult> {
    const open = this.#connection ?? (await this.#connected(deadline));
    if ('kind' in open) return open;
    const result = await open.call(call, deadline);
    if (result.kind === 'reply' && call.destination === SYSTEMD) this.#pauseMs = 0;
    return result;
  }

  /** As `call`, on a connection on which the signals of systemd are heard. */
  async callHearing(call: MethodCall, deadline: Deadline): Promise<CallResult> {
    const open = this.#connection ?? (await this.#connected(deadline));
    if ('kind' in open) return open;
    this.#hear(open);
    return this.call(call, deadline);
  }

  /** Tells the bus of signals to send us (`type='signal',…`), or no longer to send. */
  match(rule: string, isWanted: boolean): void {
    if (this.#connection === null) return;
    if (isWanted) void this.#must(this.#connection, matchCall('AddMatch', rule));
    else this.#connection.tell(matchCall('RemoveMatch', rule));
  }

  close(): void {
    this.#connection?.close();
  }

  async #connected(deadline: Deadline): Promise<BusConnection | NotConnected> {
    const waitMs = this.#noTryBeforeMs - this.#clock.monotonicMs();
    if (this.#opening === null && waitMs > 0)
      return { kind: 'lost', detail: this.#problem ?? 'the bus does not answer', wasSent: false };
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    const opening = this.#opening;
    const opened = await new Promise<BusConnection | string | NotConnected>((resolve) => {
      const forget = deadline.onEnd((kind) => resolve({ kind, wasSent: false }));
      void opening.then((result) => {
        forget();
        resolve(result);
      });
    });
    return typeof opened === 'string' ? { kind: 'lost', detail: opened, wasSent: false } : opened;
  }

  /** For all who need it: one who gives up does not take it away from the others. */
  async #open(): Promise<BusConnection | string> {
    const limit = { timeoutMs: CONNECT_TIMEOUT_MS, signal: new AbortController().signal };
    const deadline = new Deadline(this.#clock, limit);
    const onLost = (detail: string): void => this.#lose(detail);
    const onSignal = (message: IncomingMessage): void => {
      for (const listener of this.#listeners) listener.onSignal?.(message);
    };
    const opened = await openBus(this.#addresses, { onSignal, onLost }, deadline);
    deadline.release();
    if (opened === null) return (this.#problem = NO_SOCKET);
    const { connection, greeting } = opened;
    if (greeting.kind === 'reply' && !connection.isLost) {
      this.#connection = connection;
      this.#problem = null;
      return connection;
    }
    return (this.#problem = why(greeting));
  }

  #lose(detail: string): void {
    const wasHeard = this.#heard !== null;
    this.#connection = null;
    this.#heard = null;
    this.#problem = detail;
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    this.#noTryBeforeMs = this.#clock.monotonicMs() + this.#pauseMs;
    if (wasHeard) for (const listener of [...this.#listeners]) listener.onGap?.(false);
  }

  /** Sent ahead of the call that needs it: the bus and systemd take what one connection says in its order. */
  #hear(connection: BusConnection): void {
    if (this.#heard === connection) return;
    this.#heard = connection;
    const rule = `type='signal',sender='${SYSTEMD}',path='${SYSTEMD_PATH}',interface='${MANAGER}',member='JobRemoved'`;
    void this.#must(connection, matchCall('AddMatch', rule));
    const subscribe = { destination: SYSTEMD, path: SYSTEMD_PATH, interface: MANAGER, member: 'Subscribe' };
    void this.#must(connection, subscribe);
    for (const listener of [...this.#listeners]) listener.onGap?.(true);
  }

  /** Without it the connection would be deaf, and whoever waits for a signal would do so in vain. */
  async #must(connection: BusConnection, call: MethodCall): Promise<void> {
    const limit = { timeoutMs: SUBSCRIBE_TIMEOUT_MS, signal: new AbortController().signal };
    const deadline = new Deadline(this.#clock, limit);
    const result = await connection.call(call, deadline);
    deadline.release();
    const isHeard = result.kind === 'reply' || (result.kind === 'error' && result.name.endsWith('.AlreadySubscribed'));
    if (!isHeard) connection.close();
  }
}

function matchCall(member: 'AddMatch' | 'RemoveMatch', rule: string): MethodCall {
  return { destination: BUS, path: BUS_PATH, interface: BUS, member, signature: 's', body: [rule] };
}

function why(result: CallResult): string {
  if (result.kind === 'lost') return result.detail;
  if (result.kind === 'error') return `${result.name}: ${result.message}`;
  return 'the bus did not answer';
}
