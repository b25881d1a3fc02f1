/** Reads files that decide what runs as root, or hold a password, and only where nobody else could have written them. */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { judgeFile, judgePath, type Distrust, type Eyes, type TrustRules } from '../domain/file-trust.js';
import { ownUserId } from './env.js';

export type FileReading =
  /** `othersMayRead`: anybody on this host can. */
  | { readonly kind: 'read'; readonly text: string; readonly othersMayRead: boolean }
  /** `hint`: what to do about it. */
  | { readonly kind: 'refused'; readonly isMissing: boolean; readonly problem: string; readonly hint: string | null };

const LARGEST_BYTES = 1_048_576;
const READABLE_BY_OTHERS = 0o004;
const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const EYES: Eyes = {
  look: (path) => lstatSync(path, { throwIfNoEntry: false }),
  follow: (path) => readlinkSync(path),
};

/**
 * Symbolic links are followed where nobody else could have set them; the file, each directory and each link on the way to
 * it are judged, and what is judged is what is read. Bytes that are not UTF-8 become U+FFFD.
 */
export function readTrustedFile(path: string): FileReading {
  let file: number | null = null;
  try {
    const rules: TrustRules = { what: 'read', owners: [ownUserId()] };
    const trust = judgePath(resolve(path), EYES, rules);
    if (trust.kind === 'distrusted') return distrusted(resolve(path), trust);
    // Without O_NONBLOCK a pipe at this path would hold the start for ever.
    file = openSync(trust.path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stats = fstatSync(file);
    const refusal = judge(trust.path, stats, rules);
    if (refusal !== null) return refusal;
    return {
      kind: 'read',
      text: readFileSync(file, 'utf8'),
      othersMayRead: (stats.mode & READABLE_BY_OTHERS) !== 0,
    };
  } catch (cause: unknown) {
    return unreadable(cause);
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** Whether such a program is there: an absolute path, or a name on the standard PATH. */
export function isExecutable(nameOrPath: string): boolean {
  const candidates = isAbsolute(nameOrPath)
    ? [nameOrPath]
    : STANDARD_PATH.split(':').map((directory) => join(directory, nameOrPath));
  return candidates.some((candidate) => allows(candidate, constants.X_OK));
}

/** Whether there is anything at this path. */
export function exists(path: string): boolean {
  return allows(path, constants.F_OK);
}

/** Once more, on the open file: nobody can put another in its place now. */
function judge(path: string, stats: Stats, rules: TrustRules): FileReading | null {
  const distrust = judgeFile(path, stats, rules);
  if (distrust !== null) return distrusted(path, distrust);
  return stats.size > LARGEST_BYTES ? refused('is larger than 1 MiB') : null;
}

function distrusted(path: string, { path: place, problem, remedy }: Distrust): FileReading {
  return refused(place === path ? problem : `cannot be trusted: ${place} ${problem}`, remedy);
}

function unreadable(cause: unknown): FileReading {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const words: Readonly<Record<string, string>> = { ENOENT: 'not found', EACCES: 'may not be read by us' };
  const problem = words[code] ?? `cannot be read (${code})`;
  return { kind: 'refused', isMissing: code === 'ENOENT', problem, hint: null };
}

function refused(problem: string, hint: string | null = null): FileReading {
  return { kind: 'refused', isMissing: false, problem, hint };
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
