/** The files that `grant` keeps: looked at without following links, written whole or not at all, removed only where they are ours. */
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What is at a path. `foreign`: something that we have not written, and so do not touch. */
export type PlaceState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ours'; readonly text: string; readonly isProper: boolean }
  | { readonly kind: 'foreign'; readonly detail: string }
  | { readonly kind: 'unreadable'; readonly detail: string };

/** `refused`: nothing was changed at this path. */
export type ChangeResult = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly detail: string };

export interface GrantFilesOptions {
  /** Tells by its text whether a file is ours. */
  readonly isOurs: (text: string) => boolean;
  /** Whom the files belong to. */
  readonly ownerUid: number;
  /** Others whose directories are as good as root's: on some hosts polkit's own user has the directory of the rules. */
  readonly trustedUids: readonly number[];
}

const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
const WRITABLE_BY_OTHERS = 0o022;
const LARGEST_BYTES = 1_048_576;

export class GrantFiles {
  readonly #options: GrantFilesOptions;

  constructor(options: GrantFilesOptions) {
    this.#options = options;
  }

  async look(path: string): Promise<PlaceState> {
    let file: FileHandle | null = null;
    try {
      const stats = await lstat(path);
      if (stats.isSymbolicLink()) return { kind: 'foreign', detail: `${path} is a symbolic link` };
      if (!stats.isFile() || stats.size > LARGEST_BYTES)
        return { kind: 'foreign', detail: `${path} is no plain file of ours` };
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const text = await file.readFile('utf8');
      if (!this.#options.isOurs(text))
        return { kind: 'foreign', detail: `${path} was not written by process-monitor grant` };
      const { mode, uid } = await file.stat();
      return { kind: 'ours', text, isProper: (mode & 0o7777) === FILE_MODE && uid === this.#options.ownerUid };
    } catch (cause: unknown) {
      const code = codeOf(cause);
      if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
      return { kind: 'unreadable', detail: `${path} cannot be read: ${code}` };
    } finally {
      await file?.close();
    }
  }

  /** Paths in the directory that the pattern fits and that are ours; none where it cannot be read. */
  async ours(directory: string, pattern: RegExp): Promise<readonly string[]> {
    const names = await readdir(directory).catch(() => []);
    const paths = names.filter((name) => pattern.test(name)).map((name) => join(directory, name));
    const states = await Promise.all(paths.map((path) => this.look(path)));
    return paths.filter((_, index) => states[index]?.kind === 'ours').sort();
  }

  /** `mayMakeDirectory`: else a directory that is not there is a refusal. */
  async write(path: string, text: string, mayMakeDirectory: boolean): Promise<ChangeResult> {
    const place = await this.look(path);
    if (place.kind === 'foreign' || place.kind === 'unreadable') return refused(place.detail);
    const obstacle = await this.#directoryObstacle(dirname(path), mayMakeDirectory);
    if (obstacle !== null) return refused(obstacle);
    const beside = join(dirname(path), `.${basename(path)}.new`);
    try {
      // What an earlier run left half-written.
      await unlink(beside).catch(() => undefined);
      await writeNew(beside, text, this.#options.ownerUid);
      await rename(beside, path);
      await syncDirectory(dirname(path));
      return { kind: 'done' };
    } catch (cause: unknown) {
      await unlink(beside).catch(() => undefined);
      return refused(`${path} cannot be written: ${codeOf(cause)}`);
    }
  }

  async remove(path: string): Promise<ChangeResult> {
    const place = await this.look(path);
    if (place.kind === 'absent') return { kind: 'done' };
    if (place.kind !== 'ours') return refused(place.detail);
    try {
      await unlink(path);
      await syncDirectory(dirname(path));
      return { kind: 'done' };
    } catch (cause: unknown) {
      return refused(`${path} cannot be removed: ${codeOf(cause)}`);
    }
  }

  /** null: files may be put into it. */
  async #directoryObstacle(path: string, mayMake: boolean): Promise<string | null> {
    try {
      const stats = await lstat(path);
      if (stats.isSymbolicLink()) return `${path} is a symbolic link`;
      if (!stats.isDirectory()) return `${path} is no directory`;
      const { ownerUid, trustedUids } = this.#options;
      const isSafe = [ownerUid, ...trustedUids].includes(stats.uid) && (stats.mode & WRITABLE_BY_OTHERS) === 0;
      return isSafe ? null : `${path} can be changed by others than root`;
    } catch (cause: unknown) {
      const code = codeOf(cause);
      if (code !== 'ENOENT') return `${path} cannot be looked at: ${code}`;
      if (!mayMake) return `there is no directory ${path}`;
      return mkdir(path, { mode: DIRECTORY_MODE }).then(
        () => null,
        (failure: unknown) => `${path} cannot be made: ${codeOf(failure)}`,
      );
    }
  }
}

async function writeNew(path: string, text: string, ownerUid: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    // The file mode that was asked for at its making is cut by the umask.
    await file.chmod(FILE_MODE);
    const { gid } = await file.stat();
    await file.chown(ownerUid, ownerUid === 0 ? 0 : gid);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function refused(detail: string): ChangeResult {
  return { kind: 'refused', detail };
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
