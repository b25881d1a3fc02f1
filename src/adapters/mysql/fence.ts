/** Keeps a monitor that has lost its rows without knowing it from writing to them. */
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection, ServerConnection, ServerFacts } from './connection.js';
import { isConflict } from './errors.js';
import { readLock, renewLease, type LeaseKey } from './lease-sql.js';
import type { ServerAddress } from './options.js';
import { textOf, type Row } from './row.js';
import type { Statement } from './sql.js';

/**
 * What a change must prove. `open`: nothing; `shut`: we are not the owner, so there is none. `lease`: in the change's own
 * transaction, that the lease is ours; `lock`: right before it, that our connection holds the lock.
 */
export type FenceOrder =
  | { readonly kind: 'open' }
  | { readonly kind: 'shut' }
  | { readonly kind: 'lease'; readonly key: LeaseKey; readonly owner: string }
  | { readonly kind: 'lock'; readonly name: string; readonly connectionId: string };

/** Two monitors never conflict for long: one of them is no owner. */
const TRIES = 5;
const LONGEST_PAUSE_MS = 40;

export class Fence {
  readonly #order: () => FenceOrder;
  readonly #clock: Clock;
  readonly #random: Random;

  /** `order` is asked at each change. */
  constructor(order: () => FenceOrder, { clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#order = order;
    this.#clock = clock;
    this.#random = random;
  }

  /** The same connection, whose changes prove that they are ours to make: else `StoreError` `not_owner`, and nothing is written. */
  over(connection: ServerConnection): MysqlConnection {
    return new FencedConnection(connection, (statement, signal) => this.#change(connection, statement, signal));
  }

  async #change(connection: ServerConnection, statement: Statement, signal: AbortSignal): Promise<number> {
    const order = this.#order();
    switch (order.kind) {
      case 'open':
        return connection.change(statement, signal);
      case 'shut':
        throw notOwner(statement, connection);
      case 'lock': {
        const [row] = await connection.rows(readLock(order.name), signal);
        if (textOf(row?.['holderId']) !== order.connectionId) throw notOwner(statement, connection);
        return connection.change(statement, signal);
      }
      case 'lease':
        return this.#repeat(signal, () => changeAsOwner(connection, statement, order, signal));
    }
  }

  /** On a cluster a conflict shows only when the transaction ends, and then all of it is undone. */
  async #repeat<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StoreError) || !isConflict(error) || attempt === TRIES || signal.aborted) throw error;
        await this.#clock.sleep(LONGEST_PAUSE_MS * this.#random.fraction(), signal);
      }
    }
  }
}

/**
 * The change first and the proof last, so that the lease is locked for an instant only, however long the row had to be
 * waited for. The proof is a sign of life and no mere question: on a cluster only writes are compared with those of other nodes.
 */
function changeAsOwner(
  connection: ServerConnection,
  statement: Statement,
  { key, owner }: Extract<FenceOrder, { readonly kind: 'lease' }>,
  signal: AbortSignal,
): Promise<number> {
  return connection.transaction(signal, async () => {
    const value = await connection.change(statement, signal);
    if (value === 0) return { keep: false, value };
    if ((await connection.change(renewLease(key, owner), signal)) === 0) throw notOwner(statement, connection);
    return { keep: true, value };
  });
}

function notOwner({ what }: Statement, { where }: MysqlConnection): StoreError {
  return new StoreError(
    `${what} on ${where}: another monitor owns the rows by now, so nothing was written`,
    'not_owner',
    true,
  );
}

class FencedConnection implements MysqlConnection {
  readonly #connection: MysqlConnection;
  readonly change: MysqlConnection['change'];

  constructor(connection: MysqlConnection, change: MysqlConnection['change']) {
    this.#connection = connection;
    this.change = change;
  }

  get address(): ServerAddress {
    return this.#connection.address;
  }

  get server(): ServerFacts {
    return this.#connection.server;
  }

  get end(): MysqlConnection['end'] {
    return this.#connection.end;
  }

  get where(): string {
    return this.#connection.where;
  }

  rows(statement: Statement, signal: AbortSignal): Promise<readonly Row[]> {
    return this.#connection.rows(statement, signal);
  }

  destroy(): void {
    this.#connection.destroy();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
