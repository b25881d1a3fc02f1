/** Writes outcomes back into STATUS_PROCESS, never over what somebody else has done to the row meanwhile. */
import type { NoteLimit } from '../../domain/alarm-note.js';
import type { ProcessId } from '../../domain/alarm.js';
import type { AlarmWriter, ClaimResult, Clearing, ClearResult, RaiseResult } from '../../ports/alarm-writer.js';
import { StoreError } from '../../ports/store-error.js';
import { claimRows, readClaim, type RowsWork } from './claim.js';
import { clearAlarm } from './clear.js';
import type { MysqlConnection } from './connection.js';
import type { Fence } from './fence.js';
import type { MysqlGateway } from './gateway.js';
import type { MysqlOptions } from './options.js';
import type { Schema } from './schema.js';
import { raiseAlarm } from './sql.js';
import type { WriteRights } from './write-rights.js';

export class MysqlAlarmWriter implements AlarmWriter {
  readonly #gateway: MysqlGateway;
  readonly #options: Pick<MysqlOptions, 'writeBack' | 'claims'>;

  readonly #fence: Fence;

  /** `options` may change while the store is open. */
  constructor(gateway: MysqlGateway, options: Pick<MysqlOptions, 'writeBack' | 'claims'>, fence: Fence) {
    this.#gateway = gateway;
    this.#options = options;
    this.#fence = fence;
  }

  async claim(processId: ProcessId, alarmId: string, signal: AbortSignal): Promise<ClaimResult> {
    if (this.#options.writeBack !== 'never' && this.#options.claims === 'off') return { kind: 'unclaimed' };
    return this.#write(signal, async (connection, schema, rights) =>
      claimRows(this.#workOn(processId, { connection, schema, rights }, signal), alarmId),
    );
  }

  async clear(processId: ProcessId, { stamp, claim }: Clearing, signal: AbortSignal): Promise<ClearResult> {
    return this.#write(signal, async (connection, schema, rights) => {
      const work = this.#workOn(processId, { connection, schema, rights }, signal);
      return clearAlarm({ ...work, stamp, claim: readClaim(claim, schema.scope) });
    });
  }

  async raise(processId: ProcessId, signal: AbortSignal): Promise<RaiseResult> {
    return this.#write(signal, async (connection, { scope }) => {
      const rows = await connection.change(raiseAlarm(scope, processId), signal);
      return rows > 0 ? { kind: 'raised', rows } : { kind: 'not_ours' };
    });
  }

  #workOn(
    processId: ProcessId,
    { connection, schema, rights }: { connection: MysqlConnection; schema: Schema; rights: WriteRights },
    signal: AbortSignal,
  ): RowsWork {
    const limit = rights === 'full' ? schema.noteLimit : null;
    const limitNow = async (): Promise<NoteLimit | null> =>
      (await this.#gateway.schemaAnew(connection, signal)).noteLimit;
    return { connection, scope: schema.scope, processId, limit, limitNow, signal };
  }

  /** Refused for want of rights, the writer is off, unless the settings demand that it writes. */
  async #write<T>(
    signal: AbortSignal,
    work: (connection: MysqlConnection, schema: Schema, rights: WriteRights) => Promise<T>,
  ): Promise<T | { readonly kind: 'off' }> {
    if (this.#options.writeBack === 'never') return { kind: 'off' };
    try {
      return await this.#gateway.use(signal, async (connection, schema) => {
        const rights = await this.#gateway.rights(connection, schema, signal);
        if (rights === 'none' && this.#options.writeBack === 'auto') return { kind: 'off' };
        return work(this.#fence.over(connection), schema, rights);
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
