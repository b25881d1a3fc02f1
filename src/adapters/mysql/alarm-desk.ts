/** A person's own hand on the tables of MySQL or MariaDB. */
import { fitText, foldToAscii, withoutMarks, type NoteLimit } from '../../domain/alarm-note.js';
import { parseProcessId, type ProcessId } from '../../domain/alarm.js';
import type { AlarmDesk, DeskAction, ProcessRow } from '../../ports/alarm-desk.js';
import { StoreError } from '../../ports/store-error.js';
import type { MysqlConnection } from './connection.js';
import { applyByHand, insertRaised, listProcesses, readMarkedNotes } from './desk-sql.js';
import type { MysqlGateway } from './gateway.js';
import { numberOf, textOf } from './row.js';
import type { Scope } from './sql.js';

export class MysqlAlarmDesk implements AlarmDesk {
  readonly #gateway: MysqlGateway;

  constructor(gateway: MysqlGateway) {
    this.#gateway = gateway;
  }

  async list(signal: AbortSignal): Promise<readonly ProcessRow[]> {
    const rows = await this.#gateway.use(signal, (connection, { scope }) =>
      connection.rows(listProcesses(scope), signal),
    );
    return rows
      .map((row) => ({
        processId: parseProcessId(row['processId']),
        processName: textOf(row['processName']),
        alarma: numberOf(row['alarma']),
        sound: numberOf(row['sound']),
        notes: textOf(row['notes']),
      }))
      .sort((left, right) => (left.processId ?? -Infinity) - (right.processId ?? -Infinity) || 0);
  }

  async apply(action: DeskAction, processId: ProcessId, note: string | null, signal: AbortSignal): Promise<number> {
    return this.#gateway.use(signal, async (connection, { scope, noteLimit }) => {
      const desk = { connection, scope, action, processId, signal };
      const write = async (text: string | null): Promise<number> => {
        if (text === null && noteLimit !== null) await takeMarksOut(desk);
        const note = text === null ? null : { next: text };
        const rows = await connection.change(applyByHand(scope, action, processId, note), signal);
        if (rows > 0 || action !== 'raise') return rows;
        return connection.change(insertRaised(scope, processId, text), signal);
      };
      return writeBestNote(note, noteLimit, write);
    });
  }
}

interface DeskWork {
  readonly connection: MysqlConnection;
  readonly scope: Scope;
  readonly action: DeskAction;
  readonly processId: ProcessId;
  readonly signal: AbortSignal;
}

/**
 * What a person does to an alarm ends our claim on it: together with the action, so that a write-back either comes before
 * it or sees that its mark has gone. A note that changes meanwhile was changed by one who has seen the alarm.
 */
async function takeMarksOut({ connection, scope, action, processId, signal }: DeskWork): Promise<void> {
  for (const row of await connection.rows(readMarkedNotes(scope, processId), signal)) {
    const seen = textOf(row['notes']) ?? '';
    try {
      await connection.change(applyByHand(scope, action, processId, { seen, next: withoutMarks(seen) }), signal);
    } catch (error) {
      // A person who may not write notes may still do the rest.
      if (!(error instanceof StoreError) || error.code !== 'rights') throw error;
    }
  }
}

/** The note as it is, else in plain ASCII, else none: the action itself matters more than its note. */
async function writeBestNote(
  note: string | null,
  limit: NoteLimit | null,
  write: (text: string | null) => Promise<number>,
): Promise<number> {
  if (note === null || limit === null) return write(null);
  for (const text of [fitText(note, limit), fitText(foldToAscii(note), limit)]) {
    try {
      return await write(text);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'bad_value') throw error;
    }
  }
  return write(null);
}
