/** What an operator should know about a database before relying on it. */
import type { StoreReport } from '../../ports/alarm-store.js';
import type { MysqlConnection } from './connection.js';
import type { MysqlOptions } from './options.js';
import { deciderFact, findDecider, unguardedText } from './owner-report.js';
import { numberOf, textOf, type Row } from './row.js';
import type { Schema } from './schema.js';
import { isMariadb, READ_INDEXES, READ_TABLE } from './session-sql.js';
import type { WriteRights } from './write-rights.js';

/** Below this many rows reading the whole table costs nothing that anyone would notice. */
const LARGE_TABLE_ROWS = 10_000;

interface Findings {
  readonly schema: Schema;
  readonly rights: WriteRights;
  readonly options: MysqlOptions;
  /** Whoever wants to be the owner says by himself what keeps nobody else away. */
  readonly isOwning: boolean;
}

/** Throws `StoreError`. */
export async function reportStore(
  connection: MysqlConnection,
  findings: Findings,
  signal: AbortSignal,
): Promise<StoreReport> {
  const { schema, rights, options, isOwning } = findings;
  const decider =
    options.lease === null ? null : await findDecider(connection, { options, terms: options.lease }, signal);
  const [table] = await connection.rows(READ_TABLE, signal);
  const indexes = await connection.rows(READ_INDEXES, signal);
  const { version, isReadOnly } = connection.server;
  const rows = numberOf(table?.['estimatedRows']);
  return {
    server: `${isMariadb(version) ? 'MariaDB' : 'MySQL'} ${version} at ${connection.where}`,
    writes: options.writeBack === 'never' ? 'none' : rights,
    facts: [
      `notes: ${schema.notesType}`,
      `host_id: ${hostFact(schema, options.hostId)}`,
      `raised again meanwhile: ${claimFact(findings)}`,
      deciderFact(decider),
      `rows: ${rows === null ? 'unknown' : `about ${rows}`}`,
    ],
    warnings: [
      ...(isReadOnly ? ['the server is read-only: alarms can be seen but not cleared'] : []),
      ...rightsWarnings(findings, isReadOnly),
      ...(decider?.kind === 'none' && !isOwning ? [unguardedText(decider.why)] : []),
      ...(textOf(table?.['tableType']) === 'VIEW' ? [] : tableWarnings(rows ?? 0, indexes)),
    ],
  };
}

function hostFact(schema: Schema, hostId: number | null): string {
  if (!schema.hasHostId) return 'no such column';
  return hostId === null ? 'not filtered, every host is ours' : `only ${hostId}`;
}

/** How an alarm that is raised again while its process is restarted is told from the one that is being handled. */
function claimFact({ schema, rights, options }: Findings): string {
  if (options.claims === 'off') return 'not seen: claims = off';
  if (options.writeBack === 'never' || rights === 'none') return 'not seen: nothing is written';
  if (schema.scope.hasSequence) return 'seen by sequence number';
  if (rights === 'full') return 'seen by a mark in notes';
  return schema.noteLimit === null ? 'not seen: no notes that hold text' : 'not seen: the user may not update notes';
}

function rightsWarnings({ rights, schema, options }: Findings, isReadOnly: boolean): readonly string[] {
  if (options.writeBack === 'never' || isReadOnly) return [];
  if (rights === 'none') return ['the user may not update STATUS_PROCESS: alarms are handled but not cleared'];
  if (rights === 'full') return [];
  if (schema.noteLimit === null)
    return ['STATUS_PROCESS has no notes that hold text: alarms are cleared without a stamp'];
  return ['the user may not update notes: alarms are cleared without a stamp'];
}

function tableWarnings(rows: number, indexes: readonly Row[]): readonly string[] {
  const columnsOf = (name: unknown): readonly string[] =>
    indexes.filter((row) => row['indexName'] === name).map((row) => (textOf(row['columnName']) ?? '').toLowerCase());
  const names = new Set(indexes.map((row) => row['indexName']));
  const isIndexed = Array.from(names, columnsOf).some(
    (columns) => columns[0] === 'alarma' || (columns[0] === 'host_id' && columns[1] === 'alarma'),
  );
  return [
    ...(names.has('PRIMARY') ? [] : ['STATUS_PROCESS has no primary key: a process may have several rows']),
    ...(isIndexed || rows <= LARGE_TABLE_ROWS
      ? []
      : [
          `STATUS_PROCESS has about ${rows} rows and no index on alarma: each look reads them all; \`process-monitor doctor\` says what adds one`,
        ]),
  ];
}
