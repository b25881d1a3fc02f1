/** Reads a pid file with the distrust that it deserves. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isOutOfDescriptors } from './spare-descriptors.js';

/** Far more than a number needs; some programs write more lines beneath it. */
const LONGEST_READ_BYTES = 64;

const OTHERS_WRITE = 0o002;

/**
 * The number in the file's first line; null where there is none, and where the file is a link or everybody may write it.
 * It belongs to whom its program belongs. What it names may long be gone or be another.
 */
export function readPidFile(path: string): number | null {
  const number = /^\s*([1-9][0-9]{0,9})[ \t\r]*(?:\n|$)/.exec(readStart(path) ?? '')?.[1];
  return number === undefined ? null : Number(number);
}

function readStart(path: string): string | null {
  let file: number;
  try {
    // Opening a named pipe would wait for a writer otherwise.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (cause: unknown) {
    if (isOutOfDescriptors(cause)) throw cause;
    return null;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || (stats.mode & OTHERS_WRITE) !== 0) return null;
    const bytes = Buffer.alloc(LONGEST_READ_BYTES);
    return bytes.toString('latin1', 0, readSync(file, bytes));
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}
