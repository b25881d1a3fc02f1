/** The monitor's memory as one file that is whole at every moment. */
import { lstatSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { distrustText, judgePath, type Distrust, type TrustRules } from '../../domain/file-trust.js';
import { withChanges, type StateChanges, type StoredState } from '../../domain/stored-state.js';
import type { Clock } from '../../ports/clock.js';
import type { LoadedState, SaveResult, StateStore, StateView } from '../../ports/state-store.js';
import { ChangeFile } from './change-file.js';
import { parseChanges } from './change-text.js';
import { parseState, stateText, sumIn } from './parse-state.js';
import { ownerOf, removeQuietly, replaceWhole, syncDirectory } from './whole-file.js';

const FILE_NAME = 'state.json';
const CHANGES_NAME = 'state.changes';
const DIRECTORY_MODE = 0o750;
/** Changes are gathered up to this size, or to twice that of the whole: so that it is seldom written, and never read for long. */
const MOST_CHANGES_BYTES = 256 * 1024;
const MOST_DAMAGED_FILES = 3;
const TEMPORARY_NAME = /^state\.json\.\d+\.tmp$/;
const EYES = { look: (path: string) => lstatSync(path, { throwIfNoEntry: false }), follow: readlinkSync };
const DAMAGED_NAMES = [/^state\.json\.damaged-(\d+)$/, /^state\.changes\.damaged-(\d+)$/];

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
  state: StateView;
  readonly result: Promise<SaveResult>;
}

/** The whole state as it lies on the disk, and the changes that have been written behind it. */
interface Written {
  readonly sum: string;
  readonly inode: number;
  readonly mostChangesBytes: number;
  changes: ChangeFile | null;
}

/**
 * `state.json` holds the whole state, `state.changes` what has changed since, so that a save costs what has changed and one
 * wait for the disk. The changes name the whole that they follow: once a newer one is in place, they count no more. Power may
 * fail between any two steps. Saves made while one is being written are carried out as one. Nothing is read or written where
 * others could have put it: see `judgePath`.
 */
export class FileStateStore implements StateStore {
  readonly #options: FileStateStoreOptions;
  readonly #path: string;
  readonly #changesPath: string;
  #lastSave: Promise<unknown> = Promise.resolve();
  #waiting: WaitingSave | null = null;
  /** null: what lies there is not known to be what we know, so the next save is of the whole. */
  #written: Written | null = null;

  constructor(options: FileStateStoreOptions) {
    this.#options = options;
    this.#path = join(options.directory, FILE_NAME);
    this.#changesPath = join(options.directory, CHANGES_NAME);
  }

  async load(): Promise<LoadedState> {
    const distrust = this.#judge('directory') ?? this.#judge('written') ?? this.#judge('written', this.#changesPath);
    const isOfFile = distrust === null || distrust.path === this.#path || distrust.path === this.#changesPath;
    if (!isOfFile) return { kind: 'damaged', detail: distrustText(distrust), movedTo: null };
    if (this.#options.access === 'owner') await this.#removeLeftovers();
    if (distrust !== null) return await this.#setAside(distrustText(distrust));
    try {
      // The changes first: where the owner puts a newer whole in place meanwhile, they are in it.
      const changesText = await readFile(this.#changesPath, 'utf8').catch(nothingIfMissing);
      const text = await readFile(this.#path, 'utf8');
      const parsed = parseState(text);
      if (!parsed.ok) return await this.#setAside(parsed.detail);
      const since = parseChanges(changesText, sumIn(text));
      return since.ok
        ? { kind: 'loaded', state: withChanges(parsed.state, since.changes) }
        : await this.#setAside(since.detail);
    } catch (error) {
      return isMissing(error)
        ? { kind: 'none' }
        : await this.#setAside(`${this.#path} cannot be read: ${words(error)}`);
    }
  }

  save(state: StateView): Promise<SaveResult> {
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
    const { directory } = this.#options;
    try {
      const written = this.#isInPlace() ? this.#written : null;
      if (written === null) await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
      const distrust = this.#judge('directory');
      if (distrust !== null) throw new Distrusted(distrustText(distrust));
      const changes = written === null ? null : waiting.state.changes();
      if (written === null || changes === null) await this.#writeWhole(waiting.state.whole());
      else await this.#writeChanges(written, changes);
      return { kind: 'saved' };
    } catch (error) {
      this.#letGo();
      const detail = error instanceof Distrusted ? error.message : `${this.#path} cannot be written: ${words(error)}`;
      return { kind: 'failed', detail };
    }
  }

  async #writeWhole(state: StoredState): Promise<void> {
    const { directory } = this.#options;
    const text = stateText(state);
    this.#letGo();
    await replaceWhole(this.#path, text, await ownerOf(directory));
    await rm(this.#changesPath, { force: true });
    await syncDirectory(directory);
    this.#written = {
      sum: sumIn(text),
      inode: lstatSync(this.#path).ino,
      mostChangesBytes: Math.max(MOST_CHANGES_BYTES, 2 * text.length),
      changes: null,
    };
  }

  async #writeChanges(written: Written, changes: StateChanges): Promise<void> {
    if (Object.keys(changes.processes).length === 0 && changes.hostRestartsAtMs.length === 0) return;
    const { directory } = this.#options;
    if (written.changes !== null) {
      await written.changes.append(changes);
      return;
    }
    const of = { directory, wholeSum: written.sum, owner: await ownerOf(directory) };
    written.changes = await ChangeFile.begin(this.#changesPath, of, changes);
  }

  /** What we have written lies where we have put it, and there is room for more behind it. */
  #isInPlace(): boolean {
    if (this.#written === null) return false;
    const { inode, changes, mostChangesBytes } = this.#written;
    if (lstatSync(this.#path, { throwIfNoEntry: false })?.ino !== inode) return false;
    return changes === null || (changes.sizeBytes < mostChangesBytes && changes.isInPlace());
  }

  #letGo(): void {
    this.#written?.changes?.close();
    this.#written = null;
  }

  /** The directory itself, or the file in it. null: nothing speaks against it, or nobody can tell. */
  #judge(what: 'directory' | 'written', file = this.#path): Distrust | null {
    const rules: TrustRules = { what, owners: this.#options.owners ?? [geteuid?.() ?? 0] };
    try {
      const trust = judgePath(what === 'directory' ? this.#options.directory : file, EYES, rules);
      return trust.kind === 'distrusted' ? trust : null;
    } catch {
      // What cannot even be looked at cannot be opened either, and that is told there.
      return null;
    }
  }

  /** Keeps the damaged files for people to look at, and the newest few of such files only. */
  async #setAside(detail: string): Promise<LoadedState> {
    if (this.#options.access === 'reader') return { kind: 'damaged', detail, movedTo: null };
    const suffix = `.damaged-${this.#options.clock.nowMs()}`;
    const movedTo = this.#path + suffix;
    try {
      await rename(this.#path, movedTo);
      await rename(this.#changesPath, this.#changesPath + suffix).catch(nothingIfMissing);
    } catch (error) {
      return { kind: 'damaged', detail: `${detail}; it cannot be moved: ${words(error)}`, movedTo: null };
    }
    for (const pattern of DAMAGED_NAMES) {
      const ageOf = (name: string): number => Number(pattern.exec(name)?.[1]);
      const damaged = (await this.#names(pattern)).sort((one, other) => ageOf(other) - ageOf(one));
      await this.#remove(damaged.slice(MOST_DAMAGED_FILES));
    }
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

class Distrusted extends Error {
  override readonly name = 'Distrusted';
}

function nothingIfMissing(error: unknown): string {
  if (isMissing(error)) return '';
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
