/** One look at the lease, or one sign of life: what the database says about who may act, and what we do about it. */
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection } from './connection.js';
import {
  addLease,
  dropLock,
  dropSilent,
  readLease,
  readLock,
  readOrigin,
  releaseLease,
  renewLease,
  takeLease,
  takeLock,
  type LeaseKey,
} from './lease-sql.js';
import { holderText, mayTake, ownerWord, sight, type Moment, type Sighting } from './lease-terms.js';
import type { LeaseTerms } from './options.js';
import { textOf } from './row.js';

/**
 * What a round has found. `lease`, `lock`: ours by one or the other, by a sign of life sent at `sent`. `other`: another
 * monitor has it; worth another look within `lookInMs`. `everyone`: nothing here can decide it, so each monitor acts.
 */
export type Standing =
  | { readonly kind: 'lease'; readonly owner: string; readonly sent: Moment }
  | {
      readonly kind: 'lock';
      readonly connection: MysqlConnection;
      readonly connectionId: string;
      readonly sent: Moment;
    }
  | { readonly kind: 'other'; readonly holder: string; readonly lookInMs: number }
  | { readonly kind: 'everyone'; readonly why: string };

/** Whether nobody can have had it between two rounds: the word of a lease is never used twice, and a lock ends with its connection. */
export function isSameTaking(before: Standing | null, now: Standing): boolean {
  switch (now.kind) {
    case 'lease':
      return before?.kind === 'lease' && before.owner === now.owner;
    case 'lock':
      return before?.kind === 'lock' && before.connection === now.connection;
    case 'everyone':
    case 'other':
      return before?.kind === now.kind;
  }
}

export interface RoundDeps {
  readonly terms: LeaseTerms;
  readonly key: LeaseKey;
  /** null: a lock of the server says nothing, since another server could hold one of that name too. */
  readonly lockName: string | null;
  readonly clock: Clock;
  readonly random: Random;
}

const LONGEST_LOOK_MS = 1000;
/**
 * While the lock is ours a table that was missing is looked for only after so many times of a lease: whoever finds it
 * before us does not take its row as long as the lock is held.
 */
const LEASES_WITHOUT_TABLE = 4;

export class LeaseRounds {
  readonly #deps: RoundDeps;
  /** Under which word we are, or may be, the owner: a taking whose answer was lost may have come about. */
  #owner: string | null = null;
  #sighting: Sighting | null = null;
  /** We hold the lock; null: we do not, or there may be a table. */
  #locked: { readonly connection: MysqlConnection; readonly untilMs: number; readonly why: string } | null = null;

  constructor(deps: RoundDeps) {
    this.#deps = deps;
  }

  /** Throws `StoreError`; then nothing is known, and another round finds out. */
  async next(connection: MysqlConnection, signal: AbortSignal): Promise<Standing> {
    const { clock, terms } = this.#deps;
    const locked = this.#locked;
    this.#locked = null;
    if (locked?.connection === connection && clock.monotonicMs() < locked.untilMs) {
      const standing = await this.#goByLock(connection, locked.why, signal);
      if (standing.kind === 'lock') this.#locked = locked;
      return standing;
    }
    try {
      return (await this.#renew(connection, signal)) ?? (await this.#look(connection, signal));
    } catch (error) {
      if (!(error instanceof StoreError) || (error.code !== 'schema' && error.code !== 'rights')) throw error;
      this.#owner = null;
      this.#sighting = null;
      const standing = await this.#goByLock(connection, error.message, signal);
      const untilMs = clock.monotonicMs() + LEASES_WITHOUT_TABLE * terms.timeMs;
      if (standing.kind === 'lock') this.#locked = { connection, untilMs, why: error.message };
      return standing;
    }
  }

  /** Gives back what we have or may have. Throws `StoreError`. */
  async release(connection: MysqlConnection, signal: AbortSignal): Promise<void> {
    if (this.#owner !== null) await connection.change(releaseLease(this.#deps.key, this.#owner), signal);
    this.#owner = null;
  }

  /** There is something that `release` would give back. */
  get isBound(): boolean {
    return this.#owner !== null;
  }

  /** null: it is not ours. */
  async #renew(connection: MysqlConnection, signal: AbortSignal): Promise<Standing | null> {
    const owner = this.#owner;
    if (owner === null) return null;
    const sent = this.#now();
    if ((await connection.change(renewLease(this.#deps.key, owner), signal)) > 0) return { kind: 'lease', owner, sent };
    this.#owner = null;
    return null;
  }

  async #look(connection: MysqlConnection, signal: AbortSignal): Promise<Standing> {
    const { key, terms, clock } = this.#deps;
    let row = await this.#read(connection, signal);
    if (row === null) {
      await connection.change(addLease(key), signal);
      row = await this.#read(connection, signal);
    }
    // Taken away in this instant, by a person.
    if (row === null) return { kind: 'other', holder: 'nobody', lookInMs: this.#lookEveryMs() };
    const nowMs = clock.monotonicMs();
    this.#sighting = sight(this.#sighting, row, nowMs);
    if (!mayTake(this.#sighting, terms.timeMs, nowMs)) {
      const leftMs = this.#sighting.sinceMs + terms.timeMs - nowMs;
      return { kind: 'other', holder: holderText(row.owner), lookInMs: Math.min(leftMs, this.#lookEveryMs()) };
    }
    return this.#take(connection, this.#sighting, signal);
  }

  async #take(connection: MysqlConnection, { row }: Sighting, signal: AbortSignal): Promise<Standing> {
    const { key, terms, clock, random } = this.#deps;
    // Whoever began before the table was there still goes by the lock.
    const lock = await this.#lock(connection, signal);
    if (lock !== null && lock.holderId !== null && lock.holderId !== lock.ourId)
      return this.#lockedBy(connection, lock.holderId, signal);
    const owner = ownerWord(terms.holder, clock.nowMs(), random.id());
    const sent = this.#now();
    this.#owner = owner;
    if ((await connection.change(takeLease(key, owner, row), signal)) === 0) {
      this.#owner = null;
      // Somebody was faster: told by name.
      return this.#look(connection, signal);
    }
    if (lock !== null && lock.holderId !== null) await connection.rows(dropLock(lock.name), signal);
    return { kind: 'lease', owner, sent };
  }

  async #goByLock(connection: MysqlConnection, why: string, signal: AbortSignal): Promise<Standing> {
    const sent = this.#now();
    const lock = await this.#lock(connection, signal);
    if (lock === null) return { kind: 'everyone', why };
    const { holderId, ourId: connectionId, name } = lock;
    if (holderId === connectionId) return { kind: 'lock', connection, connectionId, sent };
    if (holderId !== null) return this.#lockedBy(connection, holderId, signal);
    // The server must not keep it much longer than we count on it: a frozen monitor closes no connection.
    await connection.change(dropSilent(Math.ceil(this.#deps.terms.timeMs / 1000)), signal);
    const [row] = await connection.rows(takeLock(name), signal);
    if (textOf(row?.['isOurs']) === '1') return { kind: 'lock', connection, connectionId, sent };
    return this.#lockedBy(connection, (await this.#lock(connection, signal))?.holderId ?? 'unknown', signal);
  }

  async #lockedBy(connection: MysqlConnection, holderId: string, signal: AbortSignal): Promise<Standing> {
    const [row] = await connection.rows(readOrigin(holderId), signal);
    const origin = textOf(row?.['origin']) ?? 'an unknown host';
    return { kind: 'other', holder: `connection ${holderId} from ${origin}`, lookInMs: this.#lookEveryMs() };
  }

  /** null: such a lock says nothing here. */
  async #lock(
    connection: MysqlConnection,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly holderId: string | null; readonly ourId: string } | null> {
    const name = this.#deps.lockName;
    if (connection.server.isClustered || name === null) return null;
    const [row] = await connection.rows(readLock(name), signal);
    return { name, holderId: textOf(row?.['holderId']), ourId: textOf(row?.['ourId']) ?? '' };
  }

  async #read(connection: MysqlConnection, signal: AbortSignal): Promise<Sighting['row'] | null> {
    const [row] = await connection.rows(readLease(this.#deps.key), signal);
    if (row === undefined) return null;
    const text = (column: string): string => textOf(row[column]) ?? '';
    return { owner: text('owner'), token: text('token'), beat: text('beat') };
  }

  #lookEveryMs(): number {
    return Math.min(LONGEST_LOOK_MS, this.#deps.terms.timeMs / 5);
  }

  #now(): Moment {
    const { clock } = this.#deps;
    return { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() };
  }
}
