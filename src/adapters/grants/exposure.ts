/** Tells whether a user could change a file, as far as owners and modes say: the file itself, or its place in a directory above it. */
import { lstat, realpath } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

export interface Who {
  readonly uid: number;
  readonly gids: readonly number[];
}

const STICKY = 0o1000;

/** The path that the user could change, with why; null: none, as far as can be seen. A path that is not there is not judged. */
export async function exposedBy(path: string, who: Who): Promise<string | null> {
  const real = await realpath(path).catch(() => null);
  // The link can be turned elsewhere in its own directory, the file in the one where it is.
  const chains = [...chain(path), ...(real === null || real === path ? [] : chain(real))];
  let below: Stats | null = null;
  for (const each of chains) {
    const stats = await lstat(each).catch(() => null);
    const why = stats === null || stats.isSymbolicLink() ? null : whyExposed(stats, below, who);
    if (why !== null) return `${each} ${why}`;
    below = stats;
  }
  return null;
}

/** Whether there is a plain file, links followed: an argument that begins with a slash need not be one. */
export async function isPlainFile(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => null);
  return real !== null && ((await lstat(real).catch(() => null))?.isFile() ?? false);
}

function chain(path: string): readonly string[] {
  return path === dirname(path) ? [path] : [path, ...chain(dirname(path))];
}

function whyExposed(stats: Stats, below: Stats | null, { uid, gids }: Who): string | null {
  if (stats.uid === uid) return 'belongs to that user';
  // Where only owners may rename and remove, somebody else's entry is safe.
  if (stats.isDirectory() && (stats.mode & STICKY) !== 0 && below !== null && below.uid !== uid) return null;
  if ((stats.mode & 0o002) !== 0) return 'can be written by everybody';
  return (stats.mode & 0o020) !== 0 && gids.includes(stats.gid) ? 'can be written by a group of that user' : null;
}
