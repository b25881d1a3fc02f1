/** Tells whether a user could change a file, as far as owners and modes say: the file itself, or its place in a directory above it. */
import { lstat, readlink, realpath } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';

export interface Who {
  readonly uid: number;
  readonly gids: readonly number[];
}

const STICKY = 0o1000;
/** As many as the kernel follows. */
const MOST_LINKS = 40;

/** The path that the user could change, with why; null: none, as far as can be seen. What is not there is not judged. */
export async function exposedBy(path: string, who: Who): Promise<string | null> {
  let here = '/';
  let waiting = partsOf(path);
  let links = 0;
  // Link by link: each one can be turned elsewhere in the directory that it is in.
  for (let [part] = waiting; part !== undefined && links <= MOST_LINKS; [part] = waiting) {
    waiting = waiting.slice(1);
    const next = join(here, part);
    const stats = part === '..' ? null : await lstat(next).catch(() => null);
    const why = whyExposed(await lstat(here), stats, who);
    if (why !== null) return `${here} ${why}`;
    if (stats?.isSymbolicLink() === true) {
      const target = await readlink(next);
      waiting = [...partsOf(target), ...waiting];
      if (target.startsWith('/')) here = '/';
      links += 1;
    } else if (stats === null && part !== '..') return null;
    else here = next;
  }
  const why = whyExposed(await lstat(here), null, who);
  return why === null ? null : `${here} ${why}`;
}

/** Whether there is a plain file, links followed: an argument that begins with a slash need not be one. */
export async function isPlainFile(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => null);
  return real !== null && ((await lstat(real).catch(() => null))?.isFile() ?? false);
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function whyExposed(stats: Stats, below: Stats | null, { uid, gids }: Who): string | null {
  if (stats.uid === uid) return 'belongs to that user';
  // Where only owners may rename and remove, somebody else's entry is safe.
  if (stats.isDirectory() && (stats.mode & STICKY) !== 0 && below !== null && below.uid !== uid) return null;
  if ((stats.mode & 0o002) !== 0) return 'can be written by everybody';
  return (stats.mode & 0o020) !== 0 && gids.includes(stats.gid) ? 'can be written by a group of that user' : null;
}
