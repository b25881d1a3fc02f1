/** A person's own hand on the file. */
import { withoutMarks } from '../../domain/alarm-note.js';
import { parseProcessId, type ProcessId } from '../../domain/alarm.js';
import type { AlarmDesk, DeskAction, ProcessRow } from '../../ports/alarm-desk.js';
import { numberOf, textOf } from './row.js';
import { applyByHand, insertRaised, listProcesses, readMarkedNotes } from './sql.js';
import type { SqliteFile, SqliteSession } from './sqlite-file.js';

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
      const { scope } = session;
      const text = scope.hasNotes ? note : null;
      if (text === null && scope.hasNotes) takeMarksOut(session, processId, action);
      const rows = session.change(applyByHand(scope, action, processId, text === null ? null : { next: text }));
      if (rows > 0 || action !== 'raise') return rows;
      return session.change(insertRaised(scope, processId, text));
    });
  }
}

/** What a person does to an alarm ends our claim on it. */
function takeMarksOut(session: SqliteSession, processId: ProcessId, action: DeskAction): void {
  for (const row of session.rows(readMarkedNotes(session.scope, processId))) {
    const seen = textOf(row['notes']) ?? '';
    session.change(applyByHand(session.scope, action, processId, { seen, next: withoutMarks(seen) }));
  }
}
