/** The monitor's memory as one file that is whole at every moment. */
import { lstatSync, readlinkSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid, pid } from 'node:process';
import { distrustText, judgePath, type Distrust, type TrustRules } from '../../domain/file-trust.js';
import type { StoredState } from '../../domain/stored-state.js';
import type { Clock } from '../../ports/clock.js';
import type { LoadedState, SaveResult, StateStore } from '../../ports/state-store.js';
import { parseState, stateText } from './parse-state.js';

const FILE_NAME = 'state.json';
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
const MOST_DAMAGED_FILES = 3;
const TEMPORARY_NAME = /^state\.json\.\d+\.tmp$/;
const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };
const DAMAGED_NAME = /^state\.json\.damaged-(\d+)$/;

export interface FileStateStoreOptions {
  /** Made by the first save where it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  /**
   * `owner`: the one program that saves; it also sets a damaged file aside and clears up what a dead owner left.
   * `reader`: looks only, beside a running owner; its saves fail.
   */
  readonly access: 'owner' | 'reader';
  /** Users who are trusted with the file and its directory, beside root. Default: our own. */
  readonly owners?: readonly number[];
}

interface WaitingSave {
  state: StoredState;
  readonly result: Promise<SaveResult>;
}

/**
 * `state.json`. A save writes a second file, makes it durable and renames it over the first: power may fail between any
 * two of these steps. Saves made while one is being written are carried out as one, with the newest state. Nothing is read
 * or written where others could have put it: see `judgePath`.
 */
export class FileStateStore implements StateStore {
  readonly #options: FileStateStoreOptions;
  readonly #path: string;
  #lastSave: Promise<unknown> = Promise.resolve();
  #waiting: WaitingSave | null = null;

  constructor(options: FileStateStoreOptions) {
    this.#options = options;
    this.#path = join(options.directory, FILE_NAME);
  }

  async load(): Promise<LoadedState> {
    const distrust = this.#judge('directory') ?? this.#judge('written');
    if (distrust !== null && distrust.path !== this.#path)
      return { kind: 'damaged', detail: distrustText(distrust), movedTo: null };
    if (this.#options.access === 'owner') await this.#removeLeftovers();
    if (distrust !== null) return await this.#setAside(distrustText(distrust));
    try {
      const parsed = parseState(await readFile(this.#path, 'utf8'));
      return parsed.ok ? { kind: 'loaded', state: parsed.state } : await this.#setAside(parsed.detail);
    } catch (error) {
      return isMissing(error)
        ? { kind: 'none' }
        : await this.#setAside(`${this.#path} cannot be read: ${words(error)}`);
    }
  }

  save(state: StoredState): Promise<SaveResult> {
    if (this.#options.access === 'reader') {
      return Promise.resolve({ kind: 'failed', detail: `${this.#path} is only read here` });
    }
    if (this.#waiting !== null) {
      this.#waiting.state = state;
      return this.#waiting.result;
    }
    const result = this.#lastSave.then(() => this.#writeWaiting());
    this.#waiting = { state, result };
    this.#lastSave = result;
    return result;
  }

  async #writeWaiting(): Promise<SaveResult> {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) return { kind: 'saved' };
    const temporary = `${this.#path}.${pid}.tmp`;
    try {
      await mkdir(this.#options.directory, { recursive: true, mode: DIRECTORY_MODE });
      const distrust = this.#judge('directory');
      if (distrust !== null) return { kind: 'failed', detail: distrustText(distrust) };
      await removeQuietly(temporary);
      await writeDurably(temporary, stateText(waiting.state), await ownerOf(this.#options.directory));
      await rename(temporary, this.#path);
      await syncDirectory(this.#options.directory);
      return { kind: 'saved' };
    } catch (error) {
      await removeQuietly(temporary);
      return { kind: 'failed', detail: `${this.#path} cannot be written: ${words(error)}` };
    }
  }

  /** The directory itself, or the file in it. null: nothing speaks against it, or nobody can tell. */
  #judge(what: 'directory' | 'written'): Distrust | null {
    const rules: TrustRules = { what, owners: this.#options.owners ?? [geteuid?.() ?? 0] };
    try {
      const trust = judgePath(what === 'directory' ? this.#options.directory : this.#path, EYES, rules);
      return trust.kind === 'distrusted' ? trust : null;
    } catch {
      // What cannot even be looked at cannot be opened either, and that is told there.
      return null;
    }
  }

  /** Keeps the damaged file for people to look at, and the newest few of such files only. */
  async #setAside(detail: string): Promise<LoadedState> {
    if (this.#options.access === 'reader') return { kind: 'damaged', detail, movedTo: null };
    const movedTo = `${this.#path}.damaged-${this.#options.clock.nowMs()}`;
    try {
      await rename(this.#path, movedTo);
    } catch (error) {
      return { kind: 'damaged', detail: `${detail}; it cannot be moved: ${words(error)}`, movedTo: null };
    }
    const ageOf = (name: string): number => Number(DAMAGED_NAME.exec(name)?.[1]);
    const damaged = (await this.#names(DAMAGED_NAME)).sort((one, other) => ageOf(other) - ageOf(one));
    await this.#remove(damaged.slice(MOST_DAMAGED_FILES));
    return { kind: 'damaged', detail, movedTo };
  }

  async #removeLeftovers(): Promise<void> {
    await this.#remove(await this.#names(TEMPORARY_NAME));
  }

  async #names(pattern: RegExp): Promise<string[]> {
    const names = await readdir(this.#options.directory).catch(() => []);
    return names.filter((name) => pattern.test(name));
  }

  async #remove(names: readonly string[]): Promise<void> {
    for (const name of names) await removeQuietly(join(this.#options.directory, name));
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whose the file is to be; null: whoever writes it. What root writes by hand must stay readable to the monitor's user. */
async function ownerOf(directory: string): Promise<Owner | null> {
  if (geteuid?.() !== 0) return null;
  const owner = await stat(directory);
  return owner.uid === 0 ? null : owner;
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

/** Without this a rename may be forgotten when power fails. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** What is left behind costs a few bytes and is tried again at the next start. */
async function removeQuietly(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
