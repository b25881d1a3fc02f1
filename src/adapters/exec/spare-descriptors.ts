/** Open files kept in reserve, so that the host can be looked at even where the monitor has reached their limit. */
import { closeSync, openSync } from 'node:fs';

/** A program's directory, and a file in it. */
const MOST_SPARES = 2;
const spares: number[] = [];

/**
 * What `read` returns. Where it throws for want of open files it is done once more with the reserve let go; `read` opens at most
 * two at a time, closes what it opens, and never waits: so nobody else gets the reserve meanwhile.
 */
export function withSpares<T>(read: () => T): T {
  keepSpares();
  try {
    return read();
  } catch (cause: unknown) {
    if (!isOutOfDescriptors(cause) || spares.length === 0) throw cause;
    while (spares.length > 0) closeSync(spares.pop() ?? -1);
    try {
      return read();
    } finally {
      keepSpares();
    }
  }
}

/** Our own limit of open files is reached, or that of the whole system. */
export function isOutOfDescriptors(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EMFILE' || cause.code === 'ENFILE');
}

/** Takes the reserve, as far as there is room. */
export function keepSpares(): void {
  try {
    while (spares.length < MOST_SPARES) spares.push(openSync('/dev/null', 'r'));
  } catch {
    // There is no room for a reserve now: it is tried again with the next look.
  }
}
