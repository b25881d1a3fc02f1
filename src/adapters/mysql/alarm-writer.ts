/** Writes outcomes back into STATUS_PROCESS, never over what somebody else has done to the row meanwhile. */
import { composeNote, endsWithStamp, fitsNote, foldToAscii, type NoteLimit } from '../../domain/alarm-note.js';
import type { ProcessId } from '../../domain/alarm.js';
import type { AlarmWriter, ClaimResult, Clearing, ClearResult, RaiseResult } from '../../ports/alarm-writer.js';
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection } from './connection.js';
import type { MysqlGateway } from './gateway.js';
import type { MysqlOptions } from './options.js';
import { textOf } from './row.js';
import type { Schema } from './schema.js';
import { clearWithNote, clearWithoutNote, raiseAlarm, readAlarmedNotes, readClearNotes, type Scope } from './sql.js';
import type { WriteRights } from './write-rights.js';

/** So often a note that changes under our hands is read again; then the alarm is cleared and the note left alone. */
const ROUNDS = 3;

/** One alarm to clear, and the way to the table. */
interface ClearingWork {
  readonly connection: MysqlConnection;
  readonly scope: Scope;
  readonly processId: ProcessId;
  readonly stamp: string;
  /** null: clear without a note. */
  readonly limit: NoteLimit | null;
  /** The limit as it is now, not as it was when the tables were looked up. */
  readonly limitNow: () => Promise<NoteLimit | null>;
  readonly signal: AbortSignal;
}

export class MysqlAlarmWriter implements AlarmWriter {
  readonly #gateway: MysqlGateway;
  readonly #options: Pick<MysqlOptions, 'writeBack' | 'claims'>;

  /** `options` may change while the store is open. */
  constructor(gateway: MysqlGateway, options: Pick<MysqlOptions, 'writeBack' | 'claims'>) {
    this.#gateway = gateway;
    this.#options = options;
  }

  claim(): Promise<ClaimResult> {
    return Promise.resolve({ kind: 'unclaimed' });
  }

  async clear(processId: ProcessId, { stamp }: Clearing, signal: AbortSignal): Promise<ClearResult> {
    return this.#write(signal, async (connection, schema, rights) => {
      const limit = rights === 'full' ? schema.noteLimit : null;
      const limitNow = async (): Promise<NoteLimit | null> =>
        (await this.#gateway.schemaAnew(connection, signal)).noteLimit;
      return clearAlarm({ connection, scope: schema.scope, processId, stamp, limit, limitNow, signal });
    });
  }

  async raise(processId: ProcessId, signal: AbortSignal): Promise<RaiseResult> {
    return this.#write(signal, async (connection, { scope }) => {
      const rows = await connection.change(raiseAlarm(scope, processId), signal);
      return rows > 0 ? { kind: 'raised', rows } : { kind: 'not_ours' };
    });
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
        return work(connection, schema, rights);
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

async function clearAlarm(clearing: ClearingWork): Promise<ClearResult> {
  const { connection, scope, processId, stamp, signal } = clearing;
  let { limit } = clearing;
  let cleared = 0;
  for (let round = 0; limit !== null && round < ROUNDS; round += 1) {
    const known = limit;
    const notes = (await connection.rows(readAlarmedNotes(scope, processId), signal)).map((row) =>
      textOf(row['notes']),
    );
    if (notes.length === 0) return cleared > 0 ? stored(cleared) : findEarlierWrite(clearing);
    // Before a person's words are cut: the column may have been widened under us.
    if (!notes.every((note) => fitsNote(note, stamp, known))) limit = await clearing.limitNow();
    if (limit === null) break;
    const result = await clearEach(clearing, limit, new Set(notes));
    cleared += result.rows;
    if (result.kind === 'refused') break;
    if (result.kind === 'all') return stored(cleared);
  }
  const rest = await connection.change(clearWithoutNote(scope, processId), signal);
  if (rest > 0) return { kind: 'cleared', rows: cleared + rest, noteStored: false };
  return cleared > 0 ? stored(cleared) : findEarlierWrite(clearing);
}

/** `all`: each note was still as read; `some`: one was not; `refused`: the column does not take our note. */
async function clearEach(
  clearing: ClearingWork,
  limit: NoteLimit,
  notes: ReadonlySet<string | null>,
): Promise<{ readonly kind: 'all' | 'some' | 'refused'; readonly rows: number }> {
  let rows = 0;
  let kind: 'all' | 'some' = 'all';
  for (const seen of notes) {
    const matched = await clearOne(clearing, limit, seen);
    if (matched === 'refused') return { kind: 'refused', rows };
    if (matched === 0) kind = 'some';
    rows += matched;
  }
  return { kind, rows };
}

async function clearOne(clearing: ClearingWork, limit: NoteLimit, seen: string | null): Promise<number | 'refused'> {
  const { connection, scope, processId, stamp, signal } = clearing;
  const folded = foldToAscii(stamp);
  // Letters that the column does not know, or a limit that is not the one we read: one simpler and shorter try.
  const simpler = folded === stamp ? { ...limit, max: Math.floor(limit.max / 2) } : limit;
  const tries = [composeNote(seen, stamp, limit), composeNote(seen, folded, simpler)];
  for (const next of tries) {
    try {
      return await connection.change(clearWithNote(scope, processId, { seen, next }), signal);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'bad_value') throw error;
    }
  }
  return 'refused';
}

/** Nothing is left to clear. If a row carries this very stamp, then we cleared it and only the answer was lost. */
async function findEarlierWrite({ connection, scope, processId, stamp, signal }: ClearingWork): Promise<ClearResult> {
  if (!scope.hasNotes) return { kind: 'not_ours' };
  const rows = await connection.rows(readClearNotes(scope, processId), signal);
  const ours = rows.filter((row) => endsWithStamp(textOf(row['notes']), stamp));
  return ours.length > 0 ? stored(ours.length) : { kind: 'not_ours' };
}

function stored(rows: number): ClearResult {
  return { kind: 'cleared', rows, noteStored: true };
}
