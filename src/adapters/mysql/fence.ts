/** Keeps a monitor that has lost its rows without knowing it from writing to them. */
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import type { ServerConnection } from './connection.js';
import { isConflict } from './errors.js';
import { readLease, readLock, type LeaseKey } from './lease-sql.js';
import { textOf, type Row } from './row.js';
import type { Statement } from './sql.js';
import { anyoneMay, lockHolderMay, ownerMay, type RowsChange } from './write-sql.js';

/**
 * What a change must prove. `open`: nothing; `shut`: we are not the owner, so there is none. `lease`: in its own statement,
 * that the lease is ours; `lock`: that our connection holds the lock.
 */
export type FenceOrder =
  | { readonly kind: 'open' }
  | { readonly kind: 'shut' }
  | { readonly kind: 'lease'; readonly key: LeaseKey; readonly owner: string }
  | { readonly kind: 'lock'; readonly name: string; readonly connectionId: string };

/** A connection whose changes prove that they are ours to make: else `StoreError` `not_owner`, and nothing is written. */
export interface FencedConnection {
  rows(statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
  /** How many rows of STATUS_PROCESS it matched, also where their values were the same already. Throws `StoreError`. */
  change(change: RowsChange, signal: AbortSignal): Promise<number>;
}

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

  over(connection: ServerConnection): FencedConnection {
    return {
      rows: (statement, signal) => connection.rows(statement, signal),
      change: (change, signal) => this.#change(connection, change, signal),
    };
  }

  async #change(connection: ServerConnection, change: RowsChange, signal: AbortSignal): Promise<number> {
    const order = this.#order();
    switch (order.kind) {
      case 'open':
        return connection.change(anyoneMay(change), signal);
      case 'shut':
        throw notOwner(change, connection);
      case 'lock': {
        const { name, connectionId } = order;
        const matched = await connection.change(lockHolderMay(change, name, connectionId), signal);
        if (matched > 0) return matched;
        const [row] = await connection.rows(readLock(name), signal);
        if (textOf(row?.['holderId']) !== connectionId) throw notOwner(change, connection);
        return 0;
      }
      case 'lease': {
        const { key, owner } = order;
        const statement = ownerMay(change, key, owner);
        const matched = await this.#repeat(signal, () => connection.change(statement, signal));
        // The row of the lease is one of them.
        if (matched > 0) return matched - 1;
        // Somebody was faster: with the rows, or with the lease.
        const [row] = await connection.rows(readLease(key), signal);
        if (textOf(row?.['owner']) !== owner) throw notOwner(change, connection);
        return 0;
      }
    }
  }

  /** Two nodes of a cluster may take a write each of which the cluster keeps only one. */
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

function notOwner({ what }: RowsChange, { where }: ServerConnection): StoreError {
  return new StoreError(
    `${what} on ${where}: another monitor owns the rows by now, so nothing was written`,
    'not_owner',
    true,
  );
}
