/** Alarms as the tables of MySQL or MariaDB hold them. */
import { parseProcessId, type AlarmRow, type ProcessId } from '../../domain/alarm.js';
import type { AlarmSource } from '../../ports/alarm-source.js';
import type { MysqlGateway } from './gateway.js';
import { numberOf, textOf } from './row.js';
import { countProcesses, readAlarms, readStillAlarmed } from './sql.js';

export class MysqlAlarmSource implements AlarmSource {
  readonly #gateway: MysqlGateway;

  constructor(gateway: MysqlGateway) {
    this.#gateway = gateway;
  }

  async alarmed(signal: AbortSignal): Promise<readonly AlarmRow[]> {
    const rows = await this.#gateway.use(signal, (connection, { scope }) => connection.rows(readAlarms(scope), signal));
    return rows.map((row) => ({
      processId: parseProcessId(row['processId']),
      processName: textOf(row['processName']),
      notes: textOf(row['notes']),
    }));
  }

  async stillAlarmed(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly ProcessId[]> {
    if (ids.length === 0) return [];
    const rows = await this.#gateway.use(signal, (connection, { scope }) =>
      connection.rows(readStillAlarmed(scope, ids), signal),
    );
    const alarmed = new Set(rows.map((row) => parseProcessId(row['processId'])));
    return ids.filter((id) => alarmed.has(id));
  }

  async countProcesses(signal: AbortSignal): Promise<number> {
    const [row] = await this.#gateway.use(signal, (connection, { scope }) =>
      connection.rows(countProcesses(scope), signal),
    );
    return numberOf(row?.['processes']) ?? 0;
  }
}
