/** Alarms as the file holds them. */
import { parseProcessId, type AlarmRow, type ProcessId } from '../../domain/alarm.js';
import type { AlarmSource } from '../../ports/alarm-source.js';
import { numberOf, textOf } from './row.js';
import { countProcesses, readAlarms, readStillAlarmed } from './sql.js';
import type { SqliteFile } from './sqlite-file.js';

export class SqliteAlarmSource implements AlarmSource {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  async alarmed(signal: AbortSignal): Promise<readonly AlarmRow[]> {
    const rows = await this.#file.read('read alarms', signal, (session) => session.rows(readAlarms(session.scope)));
    return rows.map((row) => ({
      processId: parseProcessId(row['processId']),
      processName: textOf(row['processName']),
      notes: textOf(row['notes']),
    }));
  }

  async stillAlarmed(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly ProcessId[]> {
    if (ids.length === 0) return [];
    const rows = await this.#file.read('look again at alarms', signal, (session) =>
      session.rows(readStillAlarmed(session.scope, ids)),
    );
    const alarmed = new Set(rows.map((row) => parseProcessId(row['processId'])));
    return ids.filter((id) => alarmed.has(id));
  }

  async countProcesses(signal: AbortSignal): Promise<number> {
    const [row] = await this.#file.read('count processes', signal, (session) =>
      session.rows(countProcesses(session.scope)),
    );
    return numberOf(row?.['processes']) ?? 0;
  }
}
