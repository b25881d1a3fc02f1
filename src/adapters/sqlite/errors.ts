/** Turns what an SQLite library throws into the store's one error. */
import { StoreError, type StoreErrorCode } from '../../ports/store-error.js';

interface Judgement {
  readonly code: StoreErrorCode;
  readonly retryable: boolean;
  readonly advice: string;
}

const LOCKED: Judgement = { code: 'busy', retryable: true, advice: 'another program holds the file' };
const NO_RIGHT: Judgement = {
  code: 'rights',
  retryable: false,
  advice: 'let the monitor’s user write the file and its directory',
};
const DAMAGED: Judgement = {
  code: 'other',
  retryable: false,
  advice: 'restore the file, or move it away for a new one',
};
const OTHER: Judgement = { code: 'other', retryable: false, advice: 'see what SQLite says' };

/** By SQLite's primary result code. Source: sqlite.org/rescode.html */
const BY_NUMBER: ReadonlyMap<number, Judgement> = new Map([
  [3, NO_RIGHT],
  [5, LOCKED],
  [6, LOCKED],
  [8, NO_RIGHT],
  [10, { code: 'unreachable', retryable: true, advice: 'check the disk' }],
  [11, DAMAGED],
  [13, { code: 'other', retryable: true, advice: 'free space on the disk' }],
  [14, { code: 'unreachable', retryable: true, advice: 'check that the directory exists and may be entered' }],
  [19, { code: 'bad_value', retryable: false, advice: 'the column cannot hold the value' }],
  [20, { code: 'bad_value', retryable: false, advice: 'the column cannot hold the value' }],
  [23, NO_RIGHT],
  [26, DAMAGED],
]);

/** Message: what was tried, on which file, what came back, what to do. */
export function toStoreError(what: string, path: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const { code, retryable, advice } = judge(cause, text);
  return new StoreError(`${what} in ${path}: ${text}; ${advice}`, code, retryable, { cause });
}

function judge(cause: unknown, text: string): Judgement {
  if (/no such (?:table|column)/.test(text)) {
    return { code: 'schema', retryable: false, advice: 'check the tables PROCESE and STATUS_PROCESS' };
  }
  return BY_NUMBER.get(resultCodeOf(cause, text)) ?? OTHER;
}

/** `node:sqlite` calls the number `errcode`, libsql `rawCode` or, on opening, only in its text; the lowest byte counts. */
function resultCodeOf(cause: unknown, text: string): number {
  for (const field of ['errcode', 'rawCode']) {
    const value: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, field) : null;
    if (typeof value === 'number') return value & 0xff;
  }
  return Number(/^ConnectionFailed\(.*: (\d+)"\)$/.exec(text)?.[1] ?? 0) & 0xff;
}
