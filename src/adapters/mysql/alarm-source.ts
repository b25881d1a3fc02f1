/** Alarms as the tables of MySQL or MariaDB hold them. */
import { parseProcessId, type AlarmRow, type NamedRow, type ProcessId } from '../../domain/alarm.js';
import type { AlarmSource, KnownRow } from '../../ports/alarm-source.js';
import { Gathering } from './gathering.js';
import type { MysqlGateway } from './gateway.js';
import { numberOf, textOf, type Row } from './row.js';
import { countProcesses, readAlarms, readNames, readRowsNamed, readStillAlarmed } from './sql.js';

/** Askers that share one question. */
const MOST_AT_ONCE = 64;

export class MysqlAlarmSource implements AlarmSource {
  readonly #gateway: MysqlGateway;
  readonly #questions: Gathering<readonly ProcessId[], readonly NamedRow[]>;

  constructor(gateway: MysqlGateway) {
    this.#gateway = gateway;
    this.#questions = new Gathering(MOST_AT_ONCE, (signal, take) => this.#stillAlarmed(signal, take));
  }

  async alarmed(signal: AbortSignal): Promise<readonly AlarmRow[]> {
    const rows = await this.#gateway.use(signal, (connection, { scope }) => connection.rows(readAlarms(scope), signal));
    return rows.map((row) => ({ ...namedRow(row), notes: textOf(row['notes']) }));
  }

  async stillAlarmed(ids: readonly ProcessId[], signal: AbortSignal): Promise<readonly NamedRow[]> {
    if (ids.length === 0) return [];
    return this.#questions.ask(ids, signal);
  }

  async #stillAlarmed(
    signal: AbortSignal,
    take: () => readonly (readonly ProcessId[])[],
  ): Promise<readonly (readonly NamedRow[])[]> {
    const rows = await this.#gateway.use(signal, (connection, { scope }) =>
      connection.rows(readStillAlarmed(scope, [...new Set(take().flat())]), signal),
    );
    const named = rows.map(namedRow);
    return take().map((ids) => named.filter(({ processId }) => processId !== null && ids.includes(processId)));
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
