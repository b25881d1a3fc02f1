/** A person's own hand on the file. */
import { parseProcessId, type ProcessId } from '../../domain/alarm.js';
import type { AlarmDesk, DeskAction, ProcessRow } from '../../ports/alarm-desk.js';
import { numberOf, textOf } from './row.js';
import { applyByHand, insertRaised, listProcesses } from './sql.js';
import type { SqliteFile } from './sqlite-file.js';

export class SqliteAlarmDesk implements AlarmDesk {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  async list(signal: AbortSignal): Promise<readonly ProcessRow[]> {
    const rows = await this.#file.read('list processes', signal, (session) =>
      session.rows(listProcesses(session.scope)),
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
    return this.#file.write(`${action} alarm`, signal, (session) => {
      const text = session.scope.hasNotes ? note : null;
      const rows = session.change(applyByHand(session.scope, action, processId, text));
      if (rows > 0 || action !== 'raise') return rows;
      return session.change(insertRaised(session.scope, processId, text));
    });
  }
}
