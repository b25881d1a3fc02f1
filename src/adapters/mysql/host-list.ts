/** Which of several servers to ask: the first that answers and takes writes, in the order of the settings. */
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import type { ServerConnection } from './connection.js';
import { nameOf, type ServerAddress } from './options.js';

/** A server that failed is tried last for this long, and up to twice as long: not all clients shall come back at once. */
const AVOID_MS = 30_000;

/** Opens one connection or throws `StoreError`. */
export type OpenConnection = (address: ServerAddress, signal: AbortSignal) => Promise<ServerConnection>;

export class HostList {
  readonly #servers: readonly ServerAddress[];
  readonly #open: OpenConnection;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #avoidUntilMs = new Map<ServerAddress, number>();

  constructor(
    servers: readonly ServerAddress[],
    open: OpenConnection,
    surroundings: { readonly clock: Clock; readonly random: Random },
  ) {
    this.#servers = servers;
    this.#open = open;
    this.#clock = surroundings.clock;
    this.#random = surroundings.random;
  }

  /** There is another server than this one to turn to. */
  get hasAlternatives(): boolean {
    return this.#servers.length > 1;
  }

  /** From now on this server comes last, for a while. */
  avoid(server: ServerAddress): void {
    this.#avoidUntilMs.set(server, this.#clock.monotonicMs() + AVOID_MS * (1 + this.#random.fraction()));
  }

  /** A read-only server is taken only where none takes writes: alarms can still be seen there. Throws `StoreError`. */
  async open(signal: AbortSignal): Promise<ServerConnection> {
    return this.#openFirst(this.#inOrder(), signal);
  }

  /** Servers worth a look while connected to `current`: those before it, or any other while it takes no writes. */
  betterThan(current: ServerConnection): readonly ServerAddress[] {
    const position = this.#servers.indexOf(current.address);
    return this.#servers.filter(
      (server, index) =>
        server !== current.address && (index < position || current.server.isReadOnly) && !this.#isAvoided(server),
    );
  }

  /** Opens the first of `candidates` that takes writes; those that fail are avoided. Throws `StoreError`. */
  async openBetter(candidates: readonly ServerAddress[], signal: AbortSignal): Promise<ServerConnection> {
    const connection = await this.#openFirst(candidates, signal);
    if (!connection.server.isReadOnly) return connection;
    this.avoid(connection.address);
    await connection.close();
    throw new StoreError(`connect to ${connection.where}: it takes no writes`, 'read_only', true);
  }

  async #openFirst(servers: readonly ServerAddress[], signal: AbortSignal): Promise<ServerConnection> {
    const failures: StoreError[] = [];
    let readOnly: ServerConnection | null = null;
    for (const server of servers) {
      const result = await this.#tryOpen(server, signal);
      if (result instanceof StoreError) failures.push(result);
      else if (!result.server.isReadOnly || servers.length === 1) {
        await readOnly?.close();
        return result;
      } else if (readOnly === null) readOnly = result;
      else await result.close();
    }
    if (readOnly !== null && readOnly.end === 'none') return readOnly;
    throw allFailed(failures);
  }

  async #tryOpen(server: ServerAddress, signal: AbortSignal): Promise<ServerConnection | StoreError> {
    try {
      const connection = await this.#open(server, signal);
      this.#avoidUntilMs.delete(server);
      return connection;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!signal.aborted) this.avoid(server);
      return error;
    }
  }

  #inOrder(): readonly ServerAddress[] {
    const welcome = this.#servers.filter((server) => !this.#isAvoided(server));
    return [...welcome, ...this.#servers.filter((server) => !welcome.includes(server))];
  }

  #isAvoided(server: ServerAddress): boolean {
    return (this.#avoidUntilMs.get(server) ?? -Infinity) > this.#clock.monotonicMs();
  }
}

/** One host's failure is shown as it is; of several, the first decides what kind it is and all are told. */
function allFailed(failures: readonly StoreError[]): StoreError {
  const [first] = failures;
  if (first === undefined) return new StoreError('connect: no server is configured', 'configuration', false);
  if (failures.length === 1) return first;
  const message = failures.map((failure) => failure.message).join(' | ');
  const isRetryable = failures.some((failure) => failure.retryable);
  return new StoreError(message, first.code, isRetryable, { cause: first });
}

/** For messages: `db1:3306, db2:3306`. */
export function namesOf(servers: readonly ServerAddress[]): string {
  return servers.map(nameOf).join(', ');
}
