/** A file that is whole at every moment: written beside its place, made durable, and renamed into it. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { geteuid, pid } from 'node:process';

export const FILE_MODE = 0o640;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whose files in this directory are to be; null: whoever writes them. What root writes by hand must stay readable to the
 * monitor's user.
 */
export async function ownerOf(directory: string): Promise<Owner | null> {
  if (geteuid?.() !== 0) return null;
  const owner = await stat(directory);
  return owner.uid === 0 ? null : owner;
}

/** Power may fail between any two of its steps. The rename is durable once the directory is synced. */
export async function replaceWhole(path: string, content: string, owner: Owner | null): Promise<void> {
  const temporary = `${path}.${pid}.tmp`;
  try {
    await removeQuietly(temporary);
    await writeDurably(temporary, content, owner);
    await rename(temporary, path);
  } catch (cause: unknown) {
    await removeQuietly(temporary);
    throw cause;
  }
}

/** Without this a rename may be forgotten when power fails. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** What is left behind costs a few bytes and is tried again at the next start. */
export async function removeQuietly(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

async function writeDurably(path: string, content: string, owner: Owner | null): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    if (owner !== null) await file.chown(owner.uid, owner.gid);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
