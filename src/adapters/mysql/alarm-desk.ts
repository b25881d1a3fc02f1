/** A person's own hand on the tables of MySQL or MariaDB. */
import { fitText, foldToAscii, type NoteLimit } from '../../domain/alarm-note.js';
import { parseProcessId, type ProcessId } from '../../domain/alarm.js';
import type { AlarmDesk, DeskAction, ProcessRow } from '../../ports/alarm-desk.js';
import { StoreError } from '../../ports/store-error.js';
import type { MysqlGateway } from './gateway.js';
import { numberOf, textOf } from './row.js';
import { applyByHand, insertRaised, listProcesses } from './sql.js';

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
      const write = async (text: string | null): Promise<number> => {
        const rows = await connection.change(applyByHand(scope, action, processId, text), signal);
        if (rows > 0 || action !== 'raise') return rows;
        return connection.change(insertRaised(scope, processId, text), signal);
      };
      return writeBestNote(note, noteLimit, write);
    });
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
