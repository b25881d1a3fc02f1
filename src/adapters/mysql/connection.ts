/** One connection to one server: opened, made safe, asked with a deadline, and gone for good once it has failed. */
import type { Socket } from 'node:net';
import { createConnection, type Connection, type ResultSetHeader, type RowDataPacket } from 'mysql2';
import type { Clock } from '../../ports/clock.js';
import { StoreError } from '../../ports/store-error.js';
import { checkTls, clientOptions, dial } from './client-options.js';
import { DeadlineError, StoppedError, withDeadline } from './deadline.js';
import { errorNumberOf, isConnectionGone, toStoreError } from './errors.js';
import { nameOf, type MysqlOptions, type ServerAddress } from './options.js';
import { isOn, namedValues, textOf, type Row } from './row.js';
import { initSession, limitStatements, READ_CLUSTER, READ_SERVER, WAIT_FOR_OTHERS } from './session-sql.js';
import type { Statement } from './sql.js';

const UNKNOWN_VARIABLE = 1193;
const GOODBYE_MS = 500;

/** Who answered. */
export interface ServerFacts {
  readonly version: string;
  /** It takes no writes from ordinary users at the moment. */
  readonly isReadOnly: boolean;
  /** Table names are told apart by upper and lower case. */
  readonly isCaseSensitive: boolean;
  /** One of several servers that all may take writes: locks of the server itself hold on this one alone. */
  readonly isClustered: boolean;
}

/** What may be asked of a connection, also of one that guards its changes. */
export interface MysqlConnection {
  readonly address: ServerAddress;
  readonly server: ServerFacts;
  /** `lost`: the other side ended it; `dropped`: we did, after a deadline or because of a stop. */
  readonly end: 'none' | 'lost' | 'dropped';
  readonly where: string;
  /** Throws `StoreError`. */
  rows(statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
  /** How many rows it matched, also where their values were the same already. Throws `StoreError`. */
  change(statement: Statement, signal: AbortSignal): Promise<number>;
  /** Ends it at once, whatever it is doing. */
  destroy(): void;
  /** Says goodbye to the server first, but does not wait long for its answer. */
  close(): Promise<void>;
}

export interface ConnectionContext {
  readonly options: MysqlOptions;
  readonly clock: Clock;
  /** Aborted when the store closes: ends everything. */
  readonly closing: AbortSignal;
}

type Answer = RowDataPacket[] | ResultSetHeader;

export class ServerConnection implements MysqlConnection {
  readonly address: ServerAddress;
  readonly #context: ConnectionContext;
  readonly #socket: Socket;
  readonly #connection: Connection;
  #end: 'none' | 'lost' | 'dropped' = 'none';
  #server: ServerFacts = { version: '', isReadOnly: false, isCaseSensitive: true, isClustered: false };

  /** Use `openConnection`. */
  constructor(address: ServerAddress, context: ConnectionContext, password: string | null) {
    this.address = address;
    this.#context = context;
    // The socket is ours, because mysql2 only half-closes it when a connection is destroyed.
    const socket = dial(address);
    this.#socket = socket;
    this.#connection = createConnection({ ...clientOptions(address, context.options, password), stream: () => socket });
    // Without a listener the loss of an idle connection would end the whole program.
    this.#connection.on('error', () => this.#lose());
    // The server's goodbye comes well before the socket is closed: nothing may be asked in between.
    socket.once('end', () => this.#lose());
    socket.once('close', () => this.#lose());
  }

  get server(): ServerFacts {
    return this.#server;
  }

  get end(): 'none' | 'lost' | 'dropped' {
    return this.#end;
  }

  get where(): string {
    return `${nameOf(this.address)}/${this.#context.options.database}`;
  }

  /** Logs in and prepares the session. Throws the raw error. */
  async prepare(): Promise<void> {
    const { queryTimeoutMs } = this.#context.options;
    await this.#login();
    const variables = namedValues(rowsOf(await this.#query(READ_SERVER)));
    const version = textOf(variables.get('version')) ?? '';
    await this.#query(initSession(queryTimeoutMs));
    await this.#query(limitStatements(version, queryTimeoutMs)).catch((cause: unknown) => {
      if (errorNumberOf(cause) !== UNKNOWN_VARIABLE) throw cause;
    });
    const cluster = namedValues(rowsOf(await this.#query(READ_CLUSTER)));
    const isGalera = (textOf(cluster.get('wsrep_provider_name')) ?? '') !== '';
    // A node of a Galera cluster that has lost the others answers simple questions, but none about tables.
    if (isGalera && !isOn(cluster.get('wsrep_ready'))) {
      throw new StoreError(`connect to ${this.where}: this cluster node is not ready`, 'unreachable', true);
    }
    if (isGalera) await this.#query(WAIT_FOR_OTHERS);
    this.#server = {
      version,
      isReadOnly: isOn(variables.get('read_only')) || isOn(variables.get('innodb_read_only')),
      isCaseSensitive: !isOn(variables.get('lower_case_table_names')),
      isClustered: isGalera || (textOf(variables.get('group_replication_group_name')) ?? '') !== '',
    };
  }

  async rows(statement: Statement, signal: AbortSignal): Promise<readonly Row[]> {
    return rowsOf(await this.#ask(statement, signal));
  }

  async change(statement: Statement, signal: AbortSignal): Promise<number> {
    const answer = await this.#ask(statement, signal);
    return Array.isArray(answer) ? 0 : answer.affectedRows;
  }

  /** For statements that cannot be prepared; they hold no values. Throws `StoreError`. */
  async run(statement: Statement, signal: AbortSignal): Promise<void> {
    await this.#ask(statement, signal, 'text');
  }

  destroy(): void {
    if (this.#end === 'none') this.#end = 'dropped';
    this.#connection.destroy();
    this.#socket.destroy();
  }

  async close(): Promise<void> {
    if (this.#end === 'none') {
      const bye = new Promise<void>((resolve) => this.#connection.end(() => resolve()));
      const bounds = { clock: this.#context.clock, timeoutMs: GOODBYE_MS, signals: [] };
      await withDeadline(bounds, bye).catch(() => undefined);
    }
    this.destroy();
  }

  async #ask(statement: Statement, signal: AbortSignal, how: 'prepared' | 'text' = 'prepared'): Promise<Answer> {
    const { clock, closing, options } = this.#context;
    try {
      const bounds = { clock, timeoutMs: options.queryTimeoutMs, signals: [signal, closing] };
      return await withDeadline(bounds, how === 'text' ? this.#query(statement) : this.#execute(statement));
    } catch (cause) {
      // The server goes on with the statement and the answer would come to the next question: the connection is spoilt.
      if (cause instanceof DeadlineError || cause instanceof StoppedError) this.destroy();
      else if (isConnectionGone(cause)) this.#lose();
      throw toStoreError(statement.what, this.where, cause);
    }
  }

  #login(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#connection.once('connect', () => resolve());
      this.#connection.once('error', reject);
    });
  }

  /** Prepared on the server: values can never become part of the statement's text, whatever the server's sql_mode. */
  #execute(statement: Statement): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#connection.execute<Answer>(statement.text, [...statement.values], (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
  }

  /** For statements that cannot be prepared, and for those that are asked once in a connection; they hold no values. */
  #query(statement: Statement): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#connection.query<Answer>(statement.text, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
  }

  #lose(): void {
    if (this.#end === 'none') this.#end = 'lost';
    this.#socket.destroy();
  }
}

/** Opens a connection that is ready for use. Throws `StoreError`. */
export async function openConnection(
  address: ServerAddress,
  context: ConnectionContext,
  signal: AbortSignal,
): Promise<ServerConnection> {
  const { clock, closing, options } = context;
  const where = `${nameOf(address)}/${options.database} as ${options.user}`;
  let connection: ServerConnection | null = null;
  const open = async (): Promise<ServerConnection> => {
    checkTls(address, options.tls);
    const password = await options.password();
    // The wait may be over by now: then nobody would ever close what is opened here.
    if (isOver) throw new StoppedError('given up before the password was there');
    connection = new ServerConnection(address, context, password);
    await connection.prepare();
    return connection;
  };
  let isOver = false;
  try {
    const bounds = { clock, timeoutMs: options.connectTimeoutMs, signals: [signal, closing] };
    return await withDeadline(bounds, open());
  } catch (cause) {
    isOver = true;
    (connection as ServerConnection | null)?.destroy();
    throw toStoreError('connect', where, cause);
  }
}

function rowsOf(answer: Answer): readonly Row[] {
  return Array.isArray(answer) ? answer : [];
}
