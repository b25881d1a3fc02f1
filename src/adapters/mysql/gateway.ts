/** A connection together with what is known about the tables and rights behind it. */
import type { Clock } from '../../ports/clock.js';
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection, ServerConnection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { readSchema, type Schema } from './schema.js';
import { findWriteRights, type WriteRights } from './write-rights.js';

/** Rights that are missing are looked for again after this long: somebody may have granted them meanwhile. */
const MISSING_RIGHTS_FOR_MS = 5 * 60_000;

/**
 * So long the tables are taken to be as they were when it comes to a write: somebody may alter or migrate them while we
 * run. A look at the alarms goes by them however long they are known: what it needs and has gone, the server's error tells.
 */
const TABLES_FOR_MS = 60_000;

/** Must be safe to repeat. */
export type SchemaWork<T> = (connection: ServerConnection, schema: Schema) => Promise<T>;

export class MysqlGateway {
  readonly #pool: ConnectionPool;
  readonly #clock: Clock;
  readonly #hostId: number | null;
  #schema: { readonly value: Schema; readonly foundAtMs: number } | null = null;
  /** Those that the tables were looked up on: a new one may lead to another server, or to tables that were altered. */
  readonly #known = new WeakSet<MysqlConnection>();
  #rights: { readonly value: WriteRights; readonly foundAtMs: number } | null = null;

  constructor(pool: ConnectionPool, clock: Clock, hostId: number | null) {
    this.#pool = pool;
    this.#clock = clock;
    this.#hostId = hostId;
  }

  /** Throws `StoreError`. A table that has changed under us is looked up anew and the work is done once more. */
  async use<T>(signal: AbortSignal, work: SchemaWork<T>): Promise<T> {
    return this.#use(signal, Infinity, work);
  }

  /** The same, with tables that were looked up a short while ago. */
  async useFresh<T>(signal: AbortSignal, work: SchemaWork<T>): Promise<T> {
    return this.#use(signal, TABLES_FOR_MS, work);
  }

  async #use<T>(signal: AbortSignal, longestMs: number, work: SchemaWork<T>): Promise<T> {
    return this.#pool.use(signal, async (connection) => {
      const known = this.#schema;
      try {
        return await work(connection, await this.#schemaOf(connection, longestMs, signal));
      } catch (error) {
        if (!isSchemaError(error)) throw error;
        this.forget();
        if (known === null) throw error;
        return work(connection, await this.#schemaOf(connection, longestMs, signal));
      }
    });
  }

  async #schemaOf(connection: MysqlConnection, longestMs: number, signal: AbortSignal): Promise<Schema> {
    const known = this.#schema;
    const isFresh = known !== null && this.#clock.monotonicMs() - known.foundAtMs < longestMs;
    if (isFresh && this.#known.has(connection)) return known.value;
    const value = await readSchema(connection, this.#hostId, signal);
    this.#schema = { value, foundAtMs: this.#clock.monotonicMs() };
    this.#known.add(connection);
    return value;
  }

  /** Looks the tables up although they are known: somebody may have altered them. */
  async schemaAnew(connection: MysqlConnection, signal: AbortSignal): Promise<Schema> {
    this.#schema = null;
    return this.#schemaOf(connection, TABLES_FOR_MS, signal);
  }

  async rights(connection: MysqlConnection, schema: Schema, signal: AbortSignal): Promise<WriteRights> {
    const known = this.#rights;
    const nowMs = this.#clock.monotonicMs();
    if (known !== null && (known.value === 'full' || nowMs - known.foundAtMs < MISSING_RIGHTS_FOR_MS)) {
      return known.value;
    }
    const value = await findWriteRights(connection, schema, signal);
    this.#rights = { value, foundAtMs: nowMs };
    return value;
  }

  /** Tables or rights are not what we took them for: the next use looks again. */
  forget(): void {
    this.#schema = null;
    this.#rights = null;
  }
}

function isSchemaError(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'schema';
}
