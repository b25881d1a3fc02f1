/** The directory of the control socket: made where it is missing, refused where others could put something into it. */
import { lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { geteuid } from 'node:process';
import { distrustText, judgePath } from '../../domain/file-trust.js';
import { codeOf } from './error-words.js';

const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };

const DIRECTORY_MODE = 0o750;
/** Of a unix socket's address, its last zero byte left out. */
const LONGEST_PATH_BYTES = 107;
const ROOT = 0;

/**
 * Throws with the path where it may not be used. `mayBorrow`: root's own short commands use the directory of the monitor's user;
 * a monitor never uses another's.
 */
export function prepareRunDirectory(directory: string, mayBorrow: boolean): void {
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  const found = lstatSync(directory);
  if (found.isSymbolicLink()) throw new Error(`${directory} is a symbolic link`);
  const own = geteuid?.();
  const isBorrowed = mayBorrow && own === ROOT;
  if (found.uid !== own && !isBorrowed)
    throw new Error(`${directory} belongs to user ${found.uid}, not to ${own ?? ''}`);
  // Also the way to it: whoever may exchange a directory above it has it too.
  const trust = judgePath(resolve(directory), EYES, { what: 'directory', owners: [found.uid] });
  if (trust.kind === 'distrusted') throw new Error(distrustText(trust));
}

/** Throws where the system would cut the path. */
export function refuseLongPath(path: string): void {
  const sizeBytes = Buffer.byteLength(path);
  if (sizeBytes > LONGEST_PATH_BYTES)
    throw new Error(`${path} has ${sizeBytes} bytes, a socket's path at most ${LONGEST_PATH_BYTES}`);
}

/** null: nothing is there. Throws where something is there that is no socket, a link to one among it. */
export function socketAt(path: string): Stats | null {
  const found = statOrNull(path);
  if (found === null || found.isSocket()) return found;
  throw new Error(`${path} is in the way: it is ${found.isSymbolicLink() ? 'a symbolic link' : 'no socket'}`);
}

function statOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
