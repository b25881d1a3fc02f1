/** Looks closely at tables, server and session, for a person who wants to know what is wrong and what mends it. */
import { finding, type Finding, type FindingSeverity } from '../../domain/finding.js';
import type { FindingCode } from '../../domain/finding-words.js';
import { shellCommand } from '../../domain/shell-word.js';
import type { Clock } from '../../ports/clock.js';
import type { MysqlConnection } from './connection.js';
import type { MysqlOptions } from './options.js';
import { findDecider, type Decider } from './owner-report.js';
import { numberOf, textOf, type Row } from './row.js';
import type { Schema } from './schema.js';
import { isMariadb, READ_INDEXES, READ_TABLE } from './session-sql.js';
import type { Statement } from './sql.js';

/** A longer stamp is never written: `Restarted at 2026-11-20 21:40:11` and what the note keeps. */
const SHORTEST_NOTES = 40;
const MOST_SKEW_MS = 5000;
const LOCAL = new Set(['localhost', '127.0.0.1', '::1']);

export interface Examined {
  readonly connection: MysqlConnection;
  readonly schema: Schema;
  readonly options: MysqlOptions;
  readonly clock: Clock;
}

/** Changes nothing; counting rows reads the table once. Throws `StoreError`. */
export async function examineStore(examined: Examined, signal: AbortSignal): Promise<readonly Finding[]> {
  const ask = (statement: Statement): Promise<readonly Row[]> => examined.connection.rows(statement, signal);
  return [
    ...(await examineTable(examined, ask)),
    ...(await examineRows(ask)),
    ...(await examineServer(examined, ask)),
    ...(await examineOwnership(examined, ask, signal)),
  ];
}

type Ask = (statement: Statement) => Promise<readonly Row[]>;

async function examineTable(examined: Examined, ask: Ask): Promise<readonly Finding[]> {
  const { schema, options } = examined;
  const [table] = await ask(READ_TABLE);
  if (textOf(table?.['tableType']) === 'VIEW') return [];
  const columns = new Map<string, readonly string[]>();
  for (const row of await ask(READ_INDEXES)) {
    const name = textOf(row['indexName']) ?? '';
    columns.set(name, [...(columns.get(name) ?? []), (textOf(row['columnName']) ?? '').toLowerCase()]);
  }
  const serving = [...columns].find(([, names]) => servesPoll(names, options.hostId))?.[0];
  // Without `sound`, which may be 0 or NULL, the rows come in the order of their ids and need no sorting.
  const wanted = options.hostId === null ? 'alarma' : 'host_id, alarma';
  const limit = schema.noteLimit?.max ?? null;
  return [
    serving === undefined
      ? found(examined, 'warning', 'database_no_index', {
          rows: numberOf(table?.['estimatedRows']) ?? 0,
          sql: `CREATE INDEX idx_process_monitor ON STATUS_PROCESS (${wanted})`,
        })
      : found(examined, 'fine', 'database_index', { index: serving }),
    ...(columns.has('PRIMARY')
      ? []
      : [
          found(examined, 'warning', 'database_no_key', {
            sql: 'ALTER TABLE STATUS_PROCESS ADD PRIMARY KEY (process_id)',
          }),
        ]),
    ...(limit !== null && limit < SHORTEST_NOTES
      ? [finding('warning', 'database', 'database_notes_short', { limit })]
      : []),
  ];
}

function servesPoll([first, second]: readonly string[], hostId: number | null): boolean {
  return first === 'alarma' || (hostId !== null && first === 'host_id' && second === 'alarma');
}

const COUNT_ROWS: Statement = {
  what: 'count rows',
  text:
    'SELECT COUNT(*) - COUNT(DISTINCT s.process_id) - SUM(s.process_id IS NULL) AS duplicates, ' +
    'SUM(s.process_id IS NULL) AS withoutId, SUM(s.process_id IS NOT NULL AND p.process_id IS NULL) AS orphans, ' +
    'SUM(s.sound IS NULL) AS withoutSound, SUM(s.alarma IS NULL OR s.alarma NOT IN (0, 1)) AS oddAlarms ' +
    'FROM STATUS_PROCESS s LEFT JOIN (SELECT DISTINCT process_id FROM PROCESE) p ON p.process_id = s.process_id',
  values: [],
};

const ROWS: readonly (readonly [column: string, what: string])[] = [
  ['duplicates', 'stand beside another row of the same process_id'],
  ['orphans', 'belong to no process in PROCESE'],
  ['withoutId', 'have no process_id'],
  ['withoutSound', 'have NULL in sound, which counts as 0'],
  ['oddAlarms', 'have neither 0 nor 1 in alarma, which is no alarm'],
];

/** Whose rows they are is for people to decide: nothing mends them. */
async function examineRows(ask: Ask): Promise<readonly Finding[]> {
  const [row = {}] = await ask(COUNT_ROWS);
  const odd = ROWS.flatMap(([column, what]) => {
    const count = numberOf(row[column]) ?? 0;
    return count > 0 ? [finding('warning', 'database', 'database_rows', { count, what })] : [];
  });
  return odd.length > 0 ? odd : [finding('fine', 'database', 'database_rows_good')];
}

const READ_TIME: Statement = {
  what: 'read the clock',
  text: 'SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS epochMs',
  values: [],
};
const READ_CIPHER: Statement = { what: 'look at the connection', text: "SHOW STATUS LIKE 'Ssl_cipher'", values: [] };
const READ_NODE: Statement = {
  what: 'look at the cluster',
  text: "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_provider_name')",
  values: [],
};

async function examineServer(examined: Examined, ask: Ask): Promise<readonly Finding[]> {
  const { clock, connection } = examined;
  const beforeMs = clock.nowMs();
  const [time] = await ask(READ_TIME);
  // Half of the way there and back lies before the answer.
  const oursMs = (beforeMs + clock.nowMs()) / 2;
  const cipher = valueOf(await ask(READ_CIPHER), 'Ssl_cipher');
  const { address } = connection;
  const isLocal = address.kind === 'socket' || LOCAL.has(address.host);
  return [
    judgeSkew((numberOf(time?.['epochMs']) ?? oursMs) - oursMs),
    ...(cipher === '' ? [] : [finding('fine', 'database', 'database_encrypted', { cipher })]),
    ...(cipher === '' && !isLocal ? [finding('warning', 'database', 'database_open')] : []),
    ...judgeNode(await ask(READ_NODE)),
  ];
}

/** `skewMs`: how far the server's clock is ahead of ours. */
export function judgeSkew(skewMs: number): Finding {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return finding('fine', 'database', 'database_clock_good', { seconds: 5 });
  return finding('warning', 'database', 'database_clock', { seconds, direction: skewMs > 0 ? 'ahead of' : 'behind' });
}

function judgeNode(rows: readonly Row[]): readonly Finding[] {
  if (valueOf(rows, 'wsrep_provider_name') === '') return [];
  const status = valueOf(rows, 'wsrep_cluster_status');
  const size = valueOf(rows, 'wsrep_cluster_size');
  return [
    status === 'Primary'
      ? finding('fine', 'database', 'database_cluster', { size, status })
      : finding('problem', 'database', 'database_cluster_bad', { status }),
  ];
}

const FIND_SEQUENCE: Statement = {
  what: 'look up own columns',
  text:
    "SELECT column_name AS name FROM information_schema.columns WHERE column_name = 'alarm_seq' " +
    "AND table_schema = DATABASE() AND UPPER(table_name) = 'STATUS_PROCESS'",
  values: [],
};

async function examineOwnership(
  { connection, options }: Examined,
  ask: Ask,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const terms = options.lease;
  const hasSequence = (await ask(FIND_SEQUENCE)).length > 0;
  return [
    ...(terms === null ? [] : deciderFindings(await findDecider(connection, { options, terms }, signal))),
    finding('fine', 'database', hasSequence ? 'sequence_there' : 'sequence_missing'),
  ];
}

function deciderFindings(decider: Decider): readonly Finding[] {
  switch (decider.kind) {
    case 'lease':
      return [finding('fine', 'database', 'ownership_lease', { holder: decider.holder })];
    case 'lock':
      return [finding('fine', 'database', 'ownership_lock')];
    case 'none':
      return [finding('warning', 'database', 'ownership_none', { remedy: 'process-monitor migrate' })];
    case 'unknown':
      // That it takes no writes is told by the report.
      return [];
  }
}

/** A row of `SHOW STATUS`; empty where there is none or it is empty. */
function valueOf(rows: readonly Row[], name: string): string {
  const row = rows.find((each) => textOf(each['Variable_name']) === name);
  return textOf(row?.['Value']) ?? '';
}

/** `sql` becomes a line for the server's own client, run by whoever may change tables. */
function found(
  examined: Examined,
  severity: FindingSeverity,
  code: FindingCode,
  { sql, ...values }: Readonly<Record<string, string | number>>,
): Finding {
  const remedy = typeof sql === 'string' ? clientLine(examined, sql) : null;
  return finding(severity, 'database', code, { ...values, remedy });
}

function clientLine({ connection, options }: Examined, sql: string): string | null {
  const client = isMariadb(connection.server.version) ? 'mariadb' : 'mysql';
  const { address } = connection;
  const isSocket = address.kind === 'socket';
  const isHere = isSocket || LOCAL.has(address.host);
  const where = isSocket
    ? [`--socket=${address.path}`]
    : isHere
      ? []
      : [`--host=${address.host}`, `--port=${address.port}`];
  const who = isHere ? [] : ['--user=root', '--password'];
  return shellCommand(client, ...where, ...who, `--database=${options.database}`, `--execute=${sql}`);
}
