/** Whose a new database file is. */
import { closeSync, fchownSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';

const FILE_MODE = 0o644;

/**
 * What root makes by hand must be the monitor's to write: it belongs to whom its directory belongs. Does nothing for
 * anybody else, and leaves a file that is there as it is. SQLite takes an empty file for a new one.
 */
export function giveNewFileToOwnerOfDirectory(path: string): void {
  if (geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path), { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  if (uid === 0) return;
  const file = create(path);
  if (file === null) return;
  fchownSync(file, uid, gid);
  closeSync(file);
}

/** null: there is something at this path, or nothing can be; SQLite will say. */
function create(path: string): number | null {
  try {
    return openSync(path, 'wx', FILE_MODE);
  } catch {
    return null;
  }
}
