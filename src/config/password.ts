/** Finds the database password: the credential, then the password file, then the environment, then the settings file. */
import { join } from 'node:path';
import type { Environment } from './environment.js';
import { readTrustedFile } from './files.js';
import { errorIssue, noticeIssue, type ConfigIssue } from './issues.js';
import { describeOrigin, issuePlace, type Origin, type RawSection, type RawValue } from './origin.js';

export interface FoundPassword {
  /** What `password` is to be; its text is null where none is needed or an issue says why there is none. */
  readonly value: RawValue;
  readonly issues: readonly ConfigIssue[];
}

const SECTION = 'database';
const KEY = 'password';
const CREDENTIAL = 'db_password';

/** `database` holds the resolved section, where the environment has already won over the file. */
export function findPassword(database: RawSection, environment: Environment): FoundPassword {
  const configured = database.get(KEY) ?? { text: null, origin: origin('default', '') };
  const ranked = [fromCredential(environment), fromPasswordFile(database)].filter((found) => found !== null);
  const best = ranked[0];
  if (best === undefined) return { value: configured, issues: [] };
  return { value: best.value, issues: [...best.issues, ...unused(configured, best.value.origin)] };
}

function fromCredential(environment: Environment): FoundPassword | null {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || directory === '') return null;
  return readPassword(origin('credential', join(directory, CREDENTIAL)), { mayBeMissing: true });
}

function fromPasswordFile(database: RawSection): FoundPassword | null {
  const path = database.get('password_file')?.text ?? null;
  return path === null || !path.startsWith('/')
    ? null
    : readPassword(origin('password_file', path), { mayBeMissing: false });
}

function readPassword(from: Origin, { mayBeMissing }: { readonly mayBeMissing: boolean }): FoundPassword | null {
  const file = readTrustedFile(from.source);
  const refuse = (problem: string, suggestion: string | null = null): FoundPassword => ({
    value: { text: null, origin: from },
    issues: [errorIssue({ ...issuePlace(from), key: KEY, problem, suggestion })],
  });
  if (file.kind === 'refused') {
    return file.isMissing && mayBeMissing ? null : refuse(file.problem, file.hint);
  }
  if (file.othersMayRead) return refuse('can be read by everybody', `chmod o-r ${from.source}`);
  const text = file.text.replace(/\r?\n$/, '');
  if (text === '') return refuse('is empty');
  if (text.includes('\ufffd')) return refuse('holds bytes that are not UTF-8');
  return { value: { text, origin: from }, issues: [] };
}

function unused(configured: RawValue, winner: Origin): readonly ConfigIssue[] {
  if (configured.text === null) return [];
  const problem = `not used: ${describeOrigin(winner, SECTION)} wins`;
  return [noticeIssue({ ...issuePlace(configured.origin), key: KEY, problem })];
}

function origin(kind: Origin['kind'], source: string): Origin {
  return { kind, source, line: null, section: SECTION };
}

/** What the file holds now; null: it cannot be read, or is not to be trusted. */
export function rereadPassword(path: string): string | null {
  return readPassword(origin('password_file', path), { mayBeMissing: false })?.value.text ?? null;
}
