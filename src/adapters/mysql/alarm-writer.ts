/** Writes outcomes back into STATUS_PROCESS, never over what somebody else has done to the row meanwhile. */
import type { NoteLimit } from '../../domain/alarm-note.js';
import type { ProcessId } from '../../domain/alarm.js';
import type {
  AlarmWriter,
  Claiming,
  ClaimResult,
  Clearing,
  ClearResult,
  RaiseResult,
} from '../../ports/alarm-writer.js';
import { StoreError } from '../../ports/store-error.js';
import { claimRows, readClaim, type RowsWork } from './claim.js';
import { clearAlarm } from './clear.js';
import type { MysqlConnection } from './connection.js';
import type { Fence, FencedConnection } from './fence.js';
import { Gathering } from './gathering.js';
import type { MysqlGateway } from './gateway.js';
import type { MysqlOptions } from './options.js';
import {
  quickClaims,
  quickClears,
  type Alone,
  type ClaimAsked,
  type ClearAsked,
  type QuickWork,
} from './quick-writes.js';
import type { Schema } from './schema.js';
import { raiseAlarm } from './write-sql.js';

/** A connection to write on, and what is known of the tables behind it. */
interface Fenced {
  readonly raw: MysqlConnection;
  readonly connection: FencedConnection;
  readonly schema: Schema;
  /** null: notes may not or cannot be written. */
  readonly limit: NoteLimit | null;
}

/** More than this are written in several pieces: one row that somebody has locked holds up those written with it. */
const MOST_AT_ONCE = 64;

export class MysqlAlarmWriter implements AlarmWriter {
  readonly #gateway: MysqlGateway;
  readonly #options: Pick<MysqlOptions, 'writeBack' | 'claims'>;
  readonly #fence: Fence;
  readonly #claims: Gathering<ClaimAsked, ClaimResult | Alone>;
  readonly #clears: Gathering<ClearAsked, ClearResult | Alone>;

  /** `options` may change while the store is open. */
  constructor(gateway: MysqlGateway, options: Pick<MysqlOptions, 'writeBack' | 'claims'>, fence: Fence) {
    this.#gateway = gateway;
    this.#options = options;
    this.#fence = fence;
    this.#claims = new Gathering(MOST_AT_ONCE, (signal, take) => this.#writeAll(signal, take, quickClaims));
    this.#clears = new Gathering(MOST_AT_ONCE, (signal, take) => this.#writeAll(signal, take, quickClears));
  }

  async claim(processId: ProcessId, claiming: Claiming, signal: AbortSignal): Promise<ClaimResult> {
    if (this.#options.writeBack !== 'never' && this.#options.claims === 'off') return { kind: 'unclaimed' };
    const quick = await this.#claims.ask({ ...claiming, processId }, signal);
    if (quick !== 'alone') return quick;
    return this.#write(signal, (fenced) => claimRows(this.#workOn(processId, fenced, signal), claiming.alarmId));
  }

  async clear(processId: ProcessId, clearing: Clearing, signal: AbortSignal): Promise<ClearResult> {
    const quick = await this.#clears.ask({ ...clearing, processId }, signal);
    if (quick !== 'alone') return quick;
    return this.#write(signal, (fenced) => {
      const { stamp, claim } = clearing;
      const work = this.#workOn(processId, fenced, signal);
      return clearAlarm({ ...work, stamp, claim: readClaim(claim, fenced.schema.scope) });
    });
  }

  async raise(processId: ProcessId, signal: AbortSignal): Promise<RaiseResult> {
    return this.#write(signal, async ({ connection, schema }) => {
      const rows = await connection.change(raiseAlarm(schema.scope, processId), signal);
      return rows > 0 ? { kind: 'raised', rows } : { kind: 'not_ours' };
    });
  }

  #workOn(processId: ProcessId, { connection, schema, limit, raw }: Fenced, signal: AbortSignal): RowsWork {
    const limitNow = async (): Promise<NoteLimit | null> => (await this.#gateway.schemaAnew(raw, signal)).noteLimit;
    return { connection, scope: schema.scope, processId, limit, limitNow, signal };
  }

  async #writeAll<In, Out>(
    signal: AbortSignal,
    take: () => readonly In[],
    work: (quick: QuickWork, asked: readonly In[]) => Promise<readonly Out[]>,
  ): Promise<readonly (Out | { readonly kind: 'off' })[]> {
    const answers = await this.#write(signal, ({ connection, schema, limit }) =>
      work({ connection, scope: schema.scope, limit, signal }, take()),
    );
    return 'kind' in answers ? take().map(() => answers) : answers;
  }

  /** Refused for want of rights, the writer is off, unless the settings demand that it writes. */
  async #write<T>(signal: AbortSignal, work: (fenced: Fenced) => Promise<T>): Promise<T | { readonly kind: 'off' }> {
    if (this.#options.writeBack === 'never') return { kind: 'off' };
    try {
      return await this.#gateway.useFresh(signal, async (raw, schema) => {
        const rights = await this.#gateway.rights(raw, schema, signal);
        if (rights === 'none' && this.#options.writeBack === 'auto') return { kind: 'off' };
        const limit = rights === 'full' ? schema.noteLimit : null;
        return work({ raw, connection: this.#fence.over(raw), schema, limit });
      });
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'rights') throw error;
      // A right was taken away since we looked; the next write looks again.
      this.#gateway.forget();
      if (this.#options.writeBack === 'always') throw error;
      return { kind: 'off' };
    }
  }
}
