/** The log file: numbered, rotated by size, bounded in number, and robust against what happens to disks. */
import {
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { geteuid } from 'node:process';
import roll from 'pino-roll';
import { judgeLogs, LOG_NAME } from './log-trust.js';

const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
/** Kept in memory while nothing can be written: at least a long line, at most about one file, which it ends up in. */
const SHORTEST_BACKLOG_BYTES = 128 * 1024;
const LONGEST_BACKLOG_BYTES = 1024 * 1024;

export interface RotatingFileOptions {
  /** Made where missing; of the log's own. */
  readonly directory: string;
  readonly maxSizeBytes: number;
  /** How many files there are at most, the current one included; from 1. */
  readonly filesToKeep: number;
  /** Throws where others could have put a file or a link in the place of ours. Default: only root and we are trusted. */
  readonly judge?: (directory: string) => void;
  /** Nothing can be written. Once, until it works again. */
  readonly onFailure: (detail: string) => void;
  /** It works again; `lost` lines were neither written nor kept. */
  readonly onRecovery: (lost: number) => void;
}

/**
 * Writes `process-monitor.N.log`, the highest N being the current one, and `current.log`, a hard link to it. Nothing here
 * throws once it is open: a full disk, a directory that vanished or a file that was moved away cost at most lines,
 * which are counted.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #judge: (directory: string) => void;
  #stream: roll.RollingStream | null = null;
  #opening: Promise<void> | null = null;
  #linked = '';
  #isClosed = false;
  /** Something went wrong since the last time a line was known to be written. */
  #isFailing = false;
  /** Counts failures and losses, to see whether a write met one. */
  #troubles = 0;
  #failure: string | null = null;
  #lostInARow = 0;
  #lost = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    this.#judge = options.judge ?? judgeLogs();
  }

  /** Lines lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Why nothing can be written at present; null: nothing speaks against it. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Opens the newest file. Where that fails, `onFailure` is told and each later line is one more try. */
  open(): Promise<void> {
    this.#opening ??= this.#tryToOpen().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** Takes one line with its end. */
  write(line: string): void {
    if (this.#isClosed) return;
    if (this.#stream === null) {
      this.#lose();
      void this.open();
      return;
    }
    if (this.#isInPlace(this.#stream)) this.#append(this.#stream, line);
    else this.#lose();
  }

  /** Writes what is left and closes; later lines are ignored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening;
    const stream = this.#stream;
    if (stream === null || stream.destroyed) return;
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.once('error', () => {
        stream.destroy();
        resolve();
      });
      stream.end();
    });
  }

  async #tryToOpen(): Promise<void> {
    const { directory, maxSizeBytes } = this.#options;
    try {
      mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
      this.#judge(directory);
      const stream = await roll({
        file: join(directory, 'process-monitor.log'),
        size: `${maxSizeBytes}b`,
        sync: true,
        mode: FILE_MODE,
        maxLength: Math.max(SHORTEST_BACKLOG_BYTES, Math.min(maxSizeBytes, LONGEST_BACKLOG_BYTES)),
      });
      stream.setMaxListeners(0); // many rotations within one turn of the event loop
      stream.on('error', (error: unknown) => this.#fail(error));
      stream.on('drop', () => this.#lose());
      this.#stream = stream;
      this.#settleFiles(stream);
      this.#recover();
    } catch (error) {
      this.#fail(error);
    }
  }

  #append(stream: roll.RollingStream, line: string): void {
    const troublesBefore = this.#troubles;
    // A full backlog drops lines without trying; an empty text makes it try.
    if (this.#isFailing) stream.write('');
    stream.write(line);
    // Rotation waits for the next turn of the event loop; in a burst of lines the file would outgrow its size by far.
    if (stream.listenerCount('drain') > 0) stream.emit('drain');
    if (stream.file !== this.#linked) this.#settleFiles(stream);
    if (this.#troubles === troublesBefore) this.#recover();
  }

  /** The file is where it should be; one that was moved or removed is begun again under its name. */
  #isInPlace(stream: roll.RollingStream): boolean {
    if (existsSync(stream.file)) return true;
    try {
      mkdirSync(dirname(stream.file), { recursive: true, mode: DIRECTORY_MODE });
      this.#judge(dirname(stream.file));
      stream.reopen();
      this.#settleFiles(stream);
      return true;
    } catch (error) {
      // What waits to close the old file when the new one is open would wait once for each try.
      stream.removeAllListeners('ready');
      this.#fail(error);
      return false;
    }
  }

  /** After a change of the current file: the link leads to it, and the oldest beyond the limit go. */
  #settleFiles(stream: roll.RollingStream): void {
    const directory = dirname(stream.file);
    try {
      giveToOwnerOf(directory, stream.file);
      this.#judge(directory);
      pointTo(stream.file, join(directory, 'current.log'));
      this.#linked = stream.file;
      for (const name of oldestBeyond(readdirSync(directory), this.#options.filesToKeep)) {
        rmSync(join(directory, name), { force: true });
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #lose(): void {
    this.#lost += 1;
    this.#lostInARow += 1;
    this.#troubles += 1;
  }

  #fail(error: unknown): void {
    this.#troubles += 1;
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#options.onFailure(this.#failure);
  }

  #recover(): void {
    if (!this.#isFailing) return;
    const lost = this.#lostInARow;
    this.#isFailing = false;
    this.#failure = null;
    this.#lostInARow = 0;
    this.#options.onRecovery(lost);
  }
}

/** Whose the files are to be where root writes them by hand in the directory of the monitor's user; null: whoever writes. */
function foreignOwner(directory: string): Stats | null {
  if (geteuid?.() !== 0) return null;
  const owner = statSync(directory);
  return owner.uid === 0 ? null : owner;
}

function giveToOwnerOf(directory: string, file: string): void {
  const owner = foreignOwner(directory);
  if (owner !== null) lchownSync(file, owner.uid, owner.gid);
}

/**
 * Replaces the link in one step. A hard link, because the system tells `tail -F` of its change at once; at a symbolic
 * one it looks only every few seconds and misses files in between. Where there are no hard links that must do.
 */
function pointTo(file: string, link: string): void {
  const replacement = `${link}.new`;
  rmSync(replacement, { force: true });
  try {
    linkSync(file, replacement);
  } catch {
    symlinkSync(basename(file), replacement);
  }
  renameSync(replacement, link);
  rmSync(replacement, { force: true }); // a rename between two names of the same file does nothing
}

function oldestBeyond(names: readonly string[], filesToKeep: number): string[] {
  const numberOf = (name: string): number => Number(LOG_NAME.exec(name)?.[1] ?? -1);
  return names
    .filter((name) => numberOf(name) >= 0)
    .sort((one, other) => numberOf(other) - numberOf(one))
    .slice(filesToKeep);
}
