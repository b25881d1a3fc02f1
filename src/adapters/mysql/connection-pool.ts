/** A few connections, kept open and lent one at a time; one that failed is never lent again. */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import { openConnection, type ServerConnection } from './connection.js';
import { HostList, namesOf } from './host-list.js';
import type { MysqlOptions, ServerAddress } from './options.js';
import { Slots } from './slots.js';

/** Before the second try, so that clients of a restarted server do not all come back in the same instant. */
const PAUSE_MS = 100;

export type Work<T> = (connection: ServerConnection) => Promise<T>;

export class ConnectionPool {
  readonly #options: MysqlOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hosts: HostList;
  readonly #slots: Slots;
  readonly #closing = new AbortController();
  #idle: ServerConnection[] = [];
  /** Connections that were open when the options changed: used to their work's end, then closed. */
  #outdated = new WeakSet<ServerConnection>();
  readonly #lent = new Set<ServerConnection>();
  #search: Promise<void> | null = null;

  constructor(options: MysqlOptions, clock: Clock, random: Random) {
    this.#options = options;
    // Everything under way listens to it, also what still waits for a connection.
    setMaxListeners(0, this.#closing.signal);
    this.#clock = clock;
    this.#random = random;
    const context = { options, clock, closing: this.#closing.signal };
    const open = (address: ServerAddress, signal: AbortSignal): Promise<ServerConnection> =>
      openConnection(address, context, signal);
    this.#hosts = new HostList(options.servers, open, { clock, random });
    this.#slots = new Slots(options.poolSize);
  }

  /**
   * Does the work on a connection of its own. Work is done a second time where the connection was lost in it or another
   * server may take it: it must be safe to repeat. Throws `StoreError`.
   */
  async use<T>(signal: AbortSignal, work: Work<T>): Promise<T> {
    const release = await this.#takeSlot(signal);
    try {
      const first = await this.#attempt(signal, work);
      if (first.kind === 'done') return first.value;
      await this.#clock.sleep(PAUSE_MS * this.#random.fraction(), signal);
      const second = await this.#attempt(signal, work);
      if (second.kind === 'done') return second.value;
      throw second.error;
    } finally {
      release();
    }
  }

  /** The options have changed: connections made by the old ones are not lent again, and there may be more or fewer. */
  async renew(): Promise<void> {
    this.#slots.resize(this.#options.poolSize);
    for (const connection of this.#lent) this.#outdated.add(connection);
    const idle = this.#idle;
    this.#idle = [];
    await Promise.all(idle.map((connection) => connection.close()));
  }

  /** Ends everything; work under way fails. */
  async close(): Promise<void> {
    this.#closing.abort();
    const idle = this.#idle;
    this.#idle = [];
    await Promise.all([this.#search, ...idle.map((connection) => connection.close())]);
  }

  /** `failed`: another try may help. Throws where it would not. */
  async #attempt<T>(
    signal: AbortSignal,
    work: Work<T>,
  ): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly error: StoreError }> {
    const connection = this.#takeIdle() ?? (await this.#hosts.open(signal));
    this.#lent.add(connection);
    try {
      return { kind: 'done', value: await work(connection) };
    } catch (error) {
      if (!(error instanceof StoreError) || signal.aborted || this.#closing.signal.aborted) throw error;
      const mustLeave = this.#hosts.hasAlternatives && (error.code === 'unreachable' || error.code === 'read_only');
      if (mustLeave) this.#leave(connection);
      if (mustLeave || connection.end === 'lost') return { kind: 'failed', error };
      throw error;
    } finally {
      this.#giveBack(connection);
    }
  }

  async #takeSlot(signal: AbortSignal): Promise<() => void> {
    const { connectTimeoutMs, poolSize, servers } = this.#options;
    const bounds = { clock: this.#clock, timeoutMs: connectTimeoutMs, signals: [signal, this.#closing.signal] };
    const release = await this.#slots.take(bounds);
    if (typeof release === 'function') return release;
    const reason =
      release === 'stopped'
        ? 'given up because the monitor is stopping'
        : `all ${poolSize} connections were in use for ${connectTimeoutMs} ms; raise pool_size or find what is slow`;
    const code = release === 'stopped' ? 'unreachable' : 'busy';
    throw new StoreError(`ask ${namesOf(servers)}: ${reason}`, code, true);
  }

  #takeIdle(): ServerConnection | null {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      if (connection.end === 'none') return connection;
    }
  }

  #giveBack(connection: ServerConnection): void {
    this.#lent.delete(connection);
    if (connection.end !== 'none') return;
    if (this.#closing.signal.aborted || this.#outdated.has(connection)) {
      connection.destroy();
      return;
    }
    this.#idle.push(connection);
    this.#lookForBetter(connection);
  }

  /** The server of this connection is in trouble: nothing more is asked there for a while. */
  #leave(connection: ServerConnection): void {
    this.#hosts.avoid(connection.address);
    connection.destroy();
    for (const other of this.#idle) if (other.address === connection.address) other.destroy();
    this.#idle = this.#idle.filter((other) => other.end === 'none');
  }

  /** Goes back to the server that the settings name first, beside the work and not in its way. */
  #lookForBetter(current: ServerConnection): void {
    if (!this.#hosts.hasAlternatives || this.#search !== null || this.#closing.signal.aborted) return;
    const candidates = this.#hosts.betterThan(current);
    if (candidates.length === 0) return;
    this.#search = this.#moveTo(candidates)
      .catch((error: unknown) => {
        // It is still down: avoided for another while by now, and told when somebody really needs it.
        if (!(error instanceof StoreError)) throw error;
      })
      .finally(() => {
        this.#search = null;
      });
  }

  async #moveTo(candidates: readonly ServerAddress[]): Promise<void> {
    const better = await this.#hosts.openBetter(candidates, this.#closing.signal);
    const left = this.#idle;
    this.#idle = [better];
    await Promise.all(left.map((connection) => connection.close()));
  }
}
