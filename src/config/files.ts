/** Reads files that decide what runs as root, or hold a password, and only where nobody else could have written them. */
import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ownUserId } from './env.js';

export type FileReading =
  /** `othersMayRead`: anybody on this host can. */
  | { readonly kind: 'read'; readonly text: string; readonly othersMayRead: boolean }
  /** `hint`: what to do about it. */
  | { readonly kind: 'refused'; readonly isMissing: boolean; readonly problem: string; readonly hint: string | null };

const LARGEST_BYTES = 1_048_576;
const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_OTHERS = 0o004;
const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Follows symbolic links and judges what they lead to; what is judged is what is read. Bytes that are not UTF-8 become U+FFFD. */
export function readTrustedFile(path: string): FileReading {
  let file: number | null = null;
  try {
    // Without O_NONBLOCK a pipe at this path would hold the start for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    const refusal = judge(path, stats);
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

function judge(path: string, stats: Stats): FileReading | null {
  if (!stats.isFile()) return refused('is not a regular file');
  if (stats.size > LARGEST_BYTES) return refused('is larger than 1 MiB');
  if (stats.uid !== ROOT && stats.uid !== ownUserId()) {
    return refused(`belongs to user ${String(stats.uid)}, neither to root nor to us`, `chown root ${path}`);
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) === 0) return null;
  return refused(`can be written by others (mode ${octal(stats.mode)})`, `chmod go-w ${path}`);
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

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
