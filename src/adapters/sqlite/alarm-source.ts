/** Alarms as the file holds them. */
import { parseProcessId, type AlarmRow, type NamedRow, type ProcessId } from '../../domain/alarm.js';
import type { AlarmSource, KnownRow } from '../../ports/alarm-source.js';
import type { SqliteRow } from './driver.js';
import { numberOf, textOf } from './row.js';
import { countProcesses, readAlarms, readNames, readRowsNamed, readStillAlarmed } from './sql.js';
import type { SqliteFile } from './sqlite-file.js';

export class SqliteAlarmSource implements AlarmSource {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  async alarmed(signal: AbortSignal): Promise<readonly AlarmRow[]> {
    const rows = await this.#file.read('read alarms', signal, (session) => session.rows(readAlarms(session.scope)));
    return rows.map((row) => ({ ...namedRow(row), notes: textOf(row['notes']) }));
  }

  async stillAlarmed(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly NamedRow[]> {
    if (ids.length === 0) return [];
    const rows = await this.#file.read('look again at alarms', signal, (session) =>
      session.rows(readStillAlarmed(session.scope, ids)),
    );
    return rows.map(namedRow);
  }

  async namesOf(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly NamedRow[]> {
    if (ids.length === 0) return [];
    const rows = await this.#file.read('read names', signal, (session) => session.rows(readNames(ids)));
    return rows.map(namedRow);
  }

  async rowsNamed(names: readonly string[], signal: AbortSignal): Promise<readonly KnownRow[]> {
    if (names.length === 0) return [];
    const rows = await this.#file.read('read rows of failed units', signal, (session) =>
      session.rows(readRowsNamed(session.scope, names)),
    );
    return rows.map(knownRow).filter(({ processName }) => processName !== null && names.includes(processName));
  }

  async countProcesses(signal: AbortSignal): Promise<number> {
    const [row] = await this.#file.read('count processes', signal, (session) =>
      session.rows(countProcesses(session.scope)),
    );
    return numberOf(row?.['processes']) ?? 0;
  }
}

function knownRow(row: SqliteRow): KnownRow {
  const isAcknowledged = (numberOf(row['sound']) ?? 0) !== 0;
  return { ...namedRow(row), isAlarmed: numberOf(row['alarma']) === 1, isAcknowledged };
}

function namedRow(row: SqliteRow): NamedRow {
  return { processId: parseProcessId(row['processId']), processName: textOf(row['processName']) };
}
