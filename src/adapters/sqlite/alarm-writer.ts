/** Writes outcomes back into the file, never over what somebody else has done to the row meanwhile. */
import { composeNote, endsWithStamp, hasMark, isMark, markOf, withMark } from '../../domain/alarm-note.js';
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
import { toStoreError } from './errors.js';
import { textOf } from './row.js';
import {
  clearWithNote,
  clearWithoutNote,
  raiseAlarm,
  readAlarmedNotes,
  readClearNotes,
  readNames,
  writeNote,
} from './sql.js';
import type { SqliteFile, SqliteSession } from './sqlite-file.js';

/** SQLite holds texts to no length, whatever the column is called. */
const NO_LIMIT = { unit: 'characters', max: Infinity } as const;

export class SqliteAlarmWriter implements AlarmWriter {
  readonly #file: SqliteFile;
  readonly #mode: 'auto' | 'always' | 'never';
  readonly #claims: 'auto' | 'off';

  constructor(
    file: SqliteFile,
    options: { readonly writeBack: 'auto' | 'always' | 'never'; readonly claims: 'auto' | 'off' },
  ) {
    this.#file = file;
    this.#mode = options.writeBack;
    this.#claims = options.claims;
  }

  async claim(processId: ProcessId, claiming: Claiming, signal: AbortSignal): Promise<ClaimResult> {
    if (this.#mode !== 'never' && this.#claims === 'off') return { kind: 'unclaimed' };
    return this.#write('claim alarm', signal, (session) => this.#claim(session, processId, claiming));
  }

  async clear(processId: ProcessId, clearing: Clearing, signal: AbortSignal): Promise<ClearResult> {
    return this.#write('clear alarm', signal, (session) => this.#clear(session, processId, clearing));
  }

  async raise(processId: ProcessId, signal: AbortSignal): Promise<RaiseResult> {
    return this.#write('raise alarm', signal, (session) => {
      const rows = session.change(raiseAlarm(session.scope, processId));
      return rows > 0 ? { kind: 'raised', rows } : { kind: 'not_ours' };
    });
  }

  /** A file that may only be read turns the writer off, unless the settings demand that it writes. */
  async #write<T>(
    what: string,
    signal: AbortSignal,
    work: (session: SqliteSession) => T,
  ): Promise<T | { readonly kind: 'off' }> {
    if (this.#mode === 'never') return { kind: 'off' };
    try {
      return await this.#file.write(what, signal, work);
    } catch (error) {
      if (this.#mode === 'auto' && error instanceof StoreError && error.code === 'rights') return { kind: 'off' };
      throw error;
    }
  }

  #claim(session: SqliteSession, processId: ProcessId, { alarmId, processName }: Claiming): ClaimResult {
    const { scope } = session;
    const mark = markOf(alarmId);
    const notes = session.rows(readAlarmedNotes(scope, processId)).map((row) => textOf(row['notes']));
    if (notes.length === 0 || !isCalled(session, processId, processName)) return { kind: 'not_ours', claim: mark };
    if (!scope.hasNotes) return { kind: 'unclaimed' };
    for (const seen of new Set(notes)) {
      const next = withMark(seen, mark, NO_LIMIT);
      if (next === null || hasMark(seen, mark)) continue;
      const rows = this.#changeUnlessRefused(() => session.change(writeNote(scope, processId, { seen, next })));
      if (rows === 0) return { kind: 'unclaimed' };
    }
    return { kind: 'claimed', claim: mark };
  }

  #clear(session: SqliteSession, processId: ProcessId, { stamp, claim, processName }: Clearing): ClearResult {
    const { scope } = session;
    if (!isCalled(session, processId, processName)) return { kind: 'renamed' };
    const notes = session.rows(readAlarmedNotes(scope, processId)).map((row) => textOf(row['notes']));
    if (notes.length === 0) return findEarlierWrite(session, processId, stamp);
    const mark = claim !== null && scope.hasNotes && isMark(claim) ? claim : null;
    const ours = mark === null ? notes : notes.filter((note) => hasMark(note, mark));
    let rows = 0;
    for (const seen of scope.hasNotes ? new Set(ours) : []) {
      const next = composeNote(seen, stamp, NO_LIMIT);
      rows += this.#changeUnlessRefused(() => session.change(clearWithNote(scope, processId, { seen, next })));
    }
    const rest = session.change(clearWithoutNote(scope, processId, mark));
    if (ours.length < notes.length) return { kind: 'raised_again' };
    return { kind: 'cleared', rows: rows + rest, noteStored: rest === 0 };
  }

  /** A constraint of the table may forbid the note; the alarm is cleared all the same. */
  #changeUnlessRefused(change: () => number): number {
    try {
      return change();
    } catch (cause) {
      const error = toStoreError('clear alarm', this.#file.path, cause);
      if (error.code === 'bad_value') return 0;
      throw error;
    }
  }
}

/** `name` undefined: any, and also none. */
function isCalled(session: SqliteSession, processId: ProcessId, name: string | undefined): boolean {
  return name === undefined || session.rows(readNames([processId])).some((row) => textOf(row['processName']) === name);
}

/** Nothing is left to clear. If a row carries this very stamp, then we cleared it and stopped before we knew. */
function findEarlierWrite(session: SqliteSession, processId: ProcessId, stamp: string): ClearResult {
  const rows = session.rows(readClearNotes(session.scope, processId));
  const ours = rows.filter((row) => endsWithStamp(textOf(row['notes']), stamp));
  return ours.length > 0 ? { kind: 'cleared', rows: ours.length, noteStored: true } : { kind: 'not_ours' };
}
