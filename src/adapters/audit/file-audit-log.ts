/** The audit log as a file that only grows: one line of JSON for each entry, on the disk before anybody goes on. */
import { constants, lstatSync, readlinkSync } from 'node:fs';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { geteuid } from 'node:process';
import { distrustText, judgeFile, judgePath, type Trust, type TrustRules } from '../../domain/file-trust.js';
import { safeJsonText } from '../../domain/safe-text.js';
import { isoTimeText } from '../../domain/time-text.js';
import type { AuditEntry, AuditLog, AuditResult } from '../../ports/audit-log.js';
import type { Clock } from '../../ports/clock.js';

const FILE_NAME = 'audit.log';
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
const LINE_END = 0x0a;
const ROOT = 0;
/** Of a text that somebody else chose. */
const LONGEST_TEXT = 2000;

const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };

const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const MAKING = FLAGS | constants.O_CREAT | constants.O_EXCL;

/**
 * `audit.log`. The file is opened for each line: one that was moved away or removed is made anew, and several programs may write at the
 * same time. It is never rotated, cut or removed from here.
 */
export class FileAuditLog implements AuditLog {
  readonly #directory: () => string;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #owners: readonly number[];
  /** One line after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** `directory`, as it is now, is made where it is missing. `owners`: who is trusted with it beside root. */
  constructor(directory: () => string, clock: Pick<Clock, 'nowMs'>, owners: readonly number[]) {
    this.#directory = directory;
    this.#owners = owners;
    this.#clock = clock;
  }

  write(entry: AuditEntry): Promise<AuditResult> {
    const line = `${safeJsonText(JSON.stringify(record(entry, this.#clock.nowMs())))}\n`;
    const written = this.#last.then(() => this.#append(line));
    this.#last = written;
    return written;
  }

  async #append(line: string): Promise<AuditResult> {
    const directory = this.#directory();
    const path = join(directory, FILE_NAME);
    try {
      await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
      const rules: TrustRules = { what: 'written', owners: this.#owners, mayGroupsWriteAbove: true };
      refuse(judgePath(resolve(directory), EYES, { ...rules, what: 'directory' }));
      const file = await openOrMake(path, directory);
      try {
        // What is judged is what was opened: nobody can put another in its place meanwhile.
        refuse(judgeFile(path, await file.stat(), rules));
        await writeWhole(file, line);
      } finally {
        await file.close();
      }
      return { kind: 'written' };
    } catch (error) {
      return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
    }
  }
}

function record({ asker, ...entry }: AuditEntry, nowMs: number): Readonly<Record<string, unknown>> {
  const { id, phase, from, what, target, why, result, detail } = entry;
  return {
    time: isoTimeText(nowMs),
    id,
    phase,
    uid: asker?.uid ?? null,
    user: asker?.user ?? null,
    from,
    what,
    target: cut(target),
    why: why === null ? null : cut(why),
    result,
    detail: detail === null ? null : cut(detail),
  };
}

function cut(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
}

async function openOrMake(path: string, directory: string): Promise<FileHandle> {
  const there = await open(path, FLAGS).catch(unless('ENOENT'));
  if (there !== null) return there;
  const made = await open(path, MAKING, FILE_MODE).catch(unless('EEXIST'));
  // Somebody was faster, as it may be where a command and the monitor begin one at the same moment.
  if (made === null) return open(path, FLAGS);
  try {
    // What root makes by hand must stay writable to the monitor's user.
    if (geteuid?.() === ROOT) {
      const { uid, gid } = await stat(directory);
      await made.chown(uid, gid);
    }
    return made;
  } catch (error) {
    await made.close();
    throw error;
  }
}

/** In one piece, and on a line of its own also where a full disk has cut the line before. */
async function writeWhole(file: FileHandle, line: string): Promise<void> {
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  const bytes = Buffer.from(size > 0 && last[0] !== LINE_END ? `\n${line}` : line);
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length)
    throw new Error('only a part of a line could be written to the audit log: the disk is full');
  await file.sync();
}

function refuse(trust: Trust | null): void {
  if (trust?.kind === 'distrusted') throw new Error(distrustText(trust));
}

function unless(code: string): (error: unknown) => null {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === code) return null;
    throw error;
  };
}
