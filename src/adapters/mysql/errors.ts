/** Turns whatever mysql2, the network or the server says into the store's one error. */
import { StoreError, type StoreErrorCode } from '../../ports/store-error.js';
import { DeadlineError, StoppedError } from './deadline.js';

interface Judgement {
  readonly code: StoreErrorCode;
  readonly retryable: boolean;
  readonly advice: string;
}

const UNREACHABLE: Judgement = {
  code: 'unreachable',
  retryable: true,
  advice: 'check that the server runs and can be reached from here',
};
const OVERLOADED: Judgement = { code: 'unreachable', retryable: true, advice: 'the server answers too slowly' };
const CUT_OFF: Judgement = {
  code: 'unreachable',
  retryable: true,
  advice: 'the node is not part of its cluster at the moment',
};
const FULL: Judgement = { code: 'refused', retryable: true, advice: 'raise the connection limit or free connections' };
const LOGIN: Judgement = {
  code: 'refused',
  retryable: true,
  advice: 'check user and password, the account, and whether it demands TLS',
};
const RIGHTS: Judgement = { code: 'rights', retryable: false, advice: 'grant the rights listed in docs/database.md' };
const SCHEMA: Judgement = {
  code: 'schema',
  retryable: false,
  advice: 'check the database name and the tables PROCESE and STATUS_PROCESS (names may be case-sensitive)',
};
const READ_ONLY: Judgement = { code: 'read_only', retryable: true, advice: 'this server takes no writes now' };
const BUSY: Judgement = { code: 'busy', retryable: true, advice: 'another session holds a lock' };
const BAD_VALUE: Judgement = { code: 'bad_value', retryable: false, advice: 'the column cannot hold the value' };
const CONFIGURATION: Judgement = {
  code: 'configuration',
  retryable: false,
  advice: 'check the ssl settings and the login method of the account',
};
const NO_ROOM: Judgement = {
  code: 'unreachable',
  retryable: true,
  advice: 'the monitor itself has reached a limit: raise LimitNOFILE or the memory of its unit',
};
const DISK_FULL: Judgement = { code: 'other', retryable: true, advice: 'free space on the database server' };
const OTHER: Judgement = { code: 'other', retryable: false, advice: 'see what the server says' };

/** By the server's error number: the only thing that is the same in every version of every server. */
const BY_NUMBER: ReadonlyMap<number, Judgement> = new Map(
  [
    { judgement: UNREACHABLE, numbers: [1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1927, 4031] },
    { judgement: OVERLOADED, numbers: [1969, 3024] },
    { judgement: CUT_OFF, numbers: [1047] },
    { judgement: FULL, numbers: [1040, 1203, 1226] },
    { judgement: LOGIN, numbers: [1045, 1129, 1130, 1698, 1820, 1862, 3118, 4151] },
    { judgement: RIGHTS, numbers: [1044, 1142, 1143, 1227, 1370] },
    { judgement: SCHEMA, numbers: [1046, 1049, 1054, 1109, 1146, 1356, 3098] },
    { judgement: READ_ONLY, numbers: [1036, 1290, 1792, 1836] },
    { judgement: BUSY, numbers: [1020, 1180, 1205, 1213, 1317, 1412, 1615, 3101, 3572] },
    { judgement: BAD_VALUE, numbers: [1048, 1264, 1265, 1292, 1366, 1406, 3819, 3988, 4025] },
    { judgement: CONFIGURATION, numbers: [1251, 1524, 2061, 3159] },
    { judgement: DISK_FULL, numbers: [1021, 1114] },
  ].flatMap(({ judgement, numbers }) => numbers.map((number): [number, Judgement] => [number, judgement])),
);

const UNREACHABLE_CODES = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENETDOWN',
    'EHOSTDOWN',
    'EACCES',
  ],
  ...['ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT'],
]);

/** On this side of the connection. */
const NO_ROOM_CODES = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

/** The server stops, was told to end this connection, or has waited for us too long. */
const GOODBYES = new Set([1053, 1927, 4031]);

/** Message: what was tried, on which server, what came back, what to do. The password is in none of these. */
export function toStoreError(what: string, where: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const { code, retryable, advice } = judge(cause);
  const number = errorNumberOf(cause);
  const said = cause instanceof Error ? firstLineOf(cause) : String(cause);
  const suffix = number === null ? '' : ` (error ${number})`;
  return new StoreError(`${what} on ${where}: ${said}${suffix}; ${advice}`, code, retryable, { cause });
}

/** The server's number for an error, also where it arrives as its code; null for errors of the network or of mysql2. */
export function errorNumberOf(error: unknown): number | null {
  for (const value of [fieldOf(error, 'errno'), fieldOf(error, 'code')]) {
    if (typeof value === 'number' && value > 0) return value;
  }
  return null;
}

/** The other side has ended the connection: whatever is not the server's word about a statement, and its own goodbyes. */
export function isConnectionGone(error: unknown): boolean {
  const number = errorNumberOf(error);
  return number === null || GOODBYES.has(number);
}

const CONFLICTS = new Set([1020, 1180, 1213, 3101]);

/** Another transaction was faster, perhaps on another node, and nothing of ours was kept: the whole of it may be repeated at once. */
export function isConflict(error: StoreError): boolean {
  return CONFLICTS.has(errorNumberOf(error.cause) ?? 0);
}

function judge(cause: unknown): Judgement {
  if (cause instanceof StoppedError) return { ...UNREACHABLE, advice: 'nothing is wrong with the database' };
  if (cause instanceof DeadlineError) return OVERLOADED;
  const number = errorNumberOf(cause);
  if (number !== null) return BY_NUMBER.get(number) ?? OTHER;
  const code = fieldOf(cause, 'code');
  if (typeof code === 'string') return judgeCode(code);
  return cause instanceof Error && cause.message.includes('closed state') ? UNREACHABLE : OTHER;
}

function judgeCode(code: string): Judgement {
  if (UNREACHABLE_CODES.has(code)) return UNREACHABLE;
  if (NO_ROOM_CODES.has(code)) return NO_ROOM;
  return /^(?:HANDSHAKE_|AUTH_SWITCH_|ERR_SSL_|ERR_TLS_|ERR_OSSL_)/.test(code) ? CONFIGURATION : OTHER;
}

/** An error of several failed addresses of one name has no message of its own. */
function firstLineOf(error: Error): string {
  const code = fieldOf(error, 'code');
  const text = error.message === '' && typeof code === 'string' ? code : error.message;
  return text.split('\n', 1)[0] ?? text;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, field) as unknown) : undefined;
}
