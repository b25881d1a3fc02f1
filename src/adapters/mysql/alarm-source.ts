/** Alarms as the tables of MySQL or MariaDB hold them. */
import { parseProcessId, type AlarmRow, type NamedRow, type ProcessId } from '../../domain/alarm.js';
import type { AlarmSource, KnownRow } from '../../ports/alarm-source.js';
import type { MysqlGateway } from './gateway.js';
import { numberOf, textOf, type Row } from './row.js';
import { countProcesses, readAlarms, readNames, readRowsNamed, readStillAlarmed } from './sql.js';

export class MysqlAlarmSource implements AlarmSource {
  readonly #gateway: MysqlGateway;

  constructor(gateway: MysqlGateway) {
    this.#gateway = gateway;
  }

  async alarmed(signal: AbortSignal): Promise<readonly AlarmRow[]> {
    const rows = await this.#gateway.use(signal, (connection, { scope }) => connection.rows(readAlarms(scope), signal));
    return rows.map((row) => ({ ...namedRow(row), notes: textOf(row['notes']) }));
  }

  async stillAlarmed(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly NamedRow[]> {
    if (ids.length === 0) return [];
    const rows = await this.#gateway.use(signal, (connection, { scope }) =>
      connection.rows(readStillAlarmed(scope, ids), signal),
    );
    return rows.map(namedRow);
  }

  async namesOf(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly NamedRow[]> {
    if (ids.length === 0) return [];
    const rows = await this.#gateway.use(signal, (connection) => connection.rows(readNames(ids), signal));
    return rows.map(namedRow);
  }

  async rowsNamed(names: readonly string[], signal: AbortSignal): Promise<readonly KnownRow[]> {
    if (names.length === 0) return [];
    const rows = await this.#gateway.use(signal, (connection, { scope }) =>
      connection.rows(readRowsNamed(scope, names), signal),
    );
    return rows.map(knownRow).filter(({ processName }) => processName !== null && names.includes(processName));
  }

  async countProcesses(signal: AbortSignal): Promise<number> {
    const [row] = await this.#gateway.use(signal, (connection, { scope }) =>
      connection.rows(countProcesses(scope), signal),
    );
    return numberOf(row?.['processes']) ?? 0;
  }
}

function knownRow(row: Row): KnownRow {
  const isAcknowledged = (numberOf(row['sound']) ?? 0) !== 0;
  return { ...namedRow(row), isAlarmed: numberOf(row['alarma']) === 1, isAcknowledged };
}

function namedRow(row: Row): NamedRow {
  return { processId: parseProcessId(row['processId']), processName: textOf(row['processName']) };
}
