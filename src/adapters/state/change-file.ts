/** The file of changes beside the whole state: grows by a line for each save, on the disk before anybody goes on. */
import { closeSync, fchownSync, fdatasync, fstatSync, ftruncateSync, lstatSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { StateChanges } from '../../domain/stored-state.js';
import { changeLine, firstLine } from './change-text.js';
import { FILE_MODE, syncDirectory, type Owner } from './whole-file.js';

const flush = promisify(fdatasync);

export class ChangeFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #inode: number;
  #size = 0;
  #sum = '';

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#inode = fstatSync(descriptor).ino;
  }

  /** Makes it, with its first change; it must not be there. Throws what the system says. */
  static async begin(
    path: string,
    {
      directory,
      wholeSum,
      owner,
    }: { readonly directory: string; readonly wholeSum: string; readonly owner: Owner | null },
    changes: StateChanges,
  ): Promise<ChangeFile> {
    const file = new ChangeFile(path, openSync(path, 'ax', FILE_MODE));
    try {
      if (owner !== null) fchownSync(file.#descriptor, owner.uid, owner.gid);
      const first = firstLine(wholeSum);
      file.#sum = first.sum;
      await file.#append(first.line, changes);
      await syncDirectory(directory);
      return file;
    } catch (cause: unknown) {
      file.close();
      throw cause;
    }
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** false: it was moved away, removed or replaced. */
  isInPlace(): boolean {
    return lstatSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** Durable when it resolves. Throws what the system says; then nothing of it is left, as far as that can be had. */
  append(changes: StateChanges): Promise<void> {
    return this.#append('', changes);
  }

  /** What was told to be durable is; whatever the closing says changes nothing. */
  close(): void {
    try {
      closeSync(this.#descriptor);
    } catch {
      // It is closed all the same.
    }
  }

  async #append(before: string, changes: StateChanges): Promise<void> {
    const { line, sum } = changeLine(this.#sum, changes);
    const bytes = Buffer.from(before + line);
    try {
      // Into the memory of the system at first, which takes it at once: the thread pool would cost more than the work.
      if (writeSync(this.#descriptor, bytes) < bytes.length) throw new Error('no space left for the whole of a change');
      await flush(this.#descriptor);
    } catch (cause: unknown) {
      this.#cutBack();
      throw cause;
    }
    this.#size += bytes.length;
    this.#sum = sum;
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#descriptor, this.#size);
    } catch {
      // A line that is cut off is left out when it is read.
    }
  }
}
