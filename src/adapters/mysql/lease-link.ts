/** The connection on which a lease lives: its own, so that slow questions about alarms never keep a sign of life waiting. */
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import { openConnection, type MysqlConnection, type ServerConnection } from './connection.js';
import { HostList } from './host-list.js';
import type { MysqlOptions, ServerAddress } from './options.js';

export class LeaseLink {
  readonly #hosts: HostList;
  readonly #closing = new AbortController();
  #connection: ServerConnection | null = null;

  /** `timeoutMs`: for connecting and for each statement, where the options give them more. */
  constructor(
    options: MysqlOptions,
    timeoutMs: number,
    { clock, random }: { readonly clock: Clock; readonly random: Random },
  ) {
    const open = (address: ServerAddress, signal: AbortSignal): Promise<ServerConnection> => {
      // Read at each opening: they may have changed.
      const hurried = {
        ...options,
        connectTimeoutMs: Math.min(options.connectTimeoutMs, timeoutMs),
        queryTimeoutMs: Math.min(options.queryTimeoutMs, timeoutMs),
      };
      return openConnection(address, { options: hurried, clock, closing: this.#closing.signal }, signal);
    };
    this.#hosts = new HostList(options.servers, open, { clock, random });
  }

  /** False once the other side has ended the connection, or we have. */
  isOn(connection: MysqlConnection): boolean {
    return this.#connection === connection && connection.end === 'none';
  }

  /** Does the work, once, on the one connection. Throws `StoreError`. */
  async use<T>(signal: AbortSignal, work: (connection: ServerConnection) => Promise<T>): Promise<T> {
    const connection = this.#connection?.end === 'none' ? this.#connection : await this.#hosts.open(signal);
    this.#connection = connection;
    try {
      return await work(connection);
    } catch (error) {
      if (error instanceof StoreError && (error.code === 'unreachable' || error.code === 'read_only')) {
        this.#hosts.avoid(connection.address);
        connection.destroy();
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connection?.close();
    this.#connection = null;
  }
}
