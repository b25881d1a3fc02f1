/**
 * The one place of a monitor on its host. It is a directory that holds its owner's listening socket under a name used once. It is taken by
 * renaming a directory of one's own onto it, which the system does for one of many, and only while it is missing or empty; a dead owner's socket is
 * taken out by its name, which can never be the name of one who came later.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
} from 'node:fs';
import { readdirSync, renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { geteuid } from 'node:process';
import type { Random } from '../../ports/random.js';
import { codeOf } from './error-words.js';
import { refuseLongPath, socketAt } from './run-directory.js';

const SOCKET_MODE = 0o660;
/** Of the directory while nobody else may touch what is in it, and when it is handed over. */
const CLOSED_MODE = 0o700;
const PLACE_MODE = 0o750;
/** Of a socket in the place, and behind a dot of the directory that it comes in. */
const ID = /^[0-9a-f]{12}$/;
const PRIVATE_NAME = /^\.[0-9a-f]{12}$/;
/** A starter needs a moment between making its directory and taking the place with it. */
const LEFT_BEHIND_AFTER_MS = 60_000;
/** Each round some other starter has got further. */
const MOST_ROUNDS = 100;

/** Who listens at this path: `dead`: nobody; else what is known of them. */
export type Caller<T> = (path: string) => Promise<T | 'dead'>;

export interface Place {
  /** Whether clients still find us at the public path, and the place is still ours. */
  check(): 'ours' | 'hidden' | 'gone';
  /** Shows our socket at the public path again. Throws where that fails. */
  show(): void;
  /** Takes the socket away first, so that nobody can come between; to be called before the server ends. */
  hide(): void;
  /** Lets go; to be called when the server has ended. Never throws. */
  leave(): void;
}

export interface DoorOptions {
  /** Of the public socket. */
  readonly path: string;
  readonly random: Random;
  readonly nowMs: () => number;
}

/** `server` listens already when the place is taken. Resolves with who holds it where it is held; rejects with the path where it fails. */
export async function takePlace<T>(
  server: Server,
  { path, random, nowMs }: DoorOptions,
  call: Caller<T>,
): Promise<{ readonly place: Place } | { readonly holder: T }> {
  const directory = dirname(path);
  const held = join(directory, 'control.lock');
  const id = random.id();
  const own = join(directory, `.${id}`);
  refuseLongPath(join(held, id));
  socketAt(path);
  await makeOwn(server, own, id);
  const give = (): void => giveUp(own, id);
  try {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      if (renamedOnto(own, held)) {
        return await enter({ path, directory, held, id }, nowMs(), call);
      }
      const holder = await holderOf(held, call);
      if (holder === null) continue;
      give();
      return { holder };
    }
    throw new Error(`${held} cannot be taken: too many try`);
  } catch (error) {
    give();
    throw error;
  }
}

/** One may listen at the public path who does not hold the place: an older program, for one. */
async function enter<T>(
  names: PlaceNames,
  nowMs: number,
  call: Caller<T>,
): Promise<{ readonly place: Place } | { readonly holder: T }> {
  const place = new HeldPlace(names);
  try {
    const holder = socketAt(names.path) === null ? 'dead' : await call(names.path);
    if (holder !== 'dead') {
      place.leave();
      return { holder };
    }
    place.show();
    await sweep(names.directory, nowMs, call);
    return { place };
  } catch (error) {
    place.leave();
    throw error;
  }
}

/** By the two names alone: whoever owns the directory above, less than root, could put another directory in its place meanwhile. */
function giveUp(own: string, id: string): void {
  try {
    rmSync(join(own, id), { force: true });
    rmdirSync(own);
  } catch {
    // Renamed onto the place, or exchanged: what is left is swept away later.
  }
}

/** The directory is held open and nobody else may write in it: its owner may be root in a directory of another user. */
async function makeOwn(server: Server, own: string, id: string): Promise<void> {
  mkdirSync(own, { mode: CLOSED_MODE });
  await listen(server, join(own, id));
  const opened = openSync(own, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (fstatSync(opened).uid !== geteuid?.()) throw new Error(`${own} was exchanged`);
    const inside = `/proc/self/fd/${opened}/${id}`;
    chmodSync(inside, SOCKET_MODE);
    const { uid, gid } = lstatSync(dirname(own));
    if (fstatSync(opened).uid !== uid) {
      lchownSync(inside, uid, gid);
      fchownSync(opened, uid, gid);
    }
    chmodSync(`/proc/self/fd/${opened}`, PLACE_MODE);
  } finally {
    closeSync(opened);
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** False: somebody's socket is in it. */
function renamedOnto(own: string, held: string): boolean {
  try {
    renameSync(own, held);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** null: nobody any more, and what the dead have left is gone. */
async function holderOf<T>(held: string, call: Caller<T>): Promise<T | null> {
  for (const name of namesIn(held)) {
    const path = join(held, name);
    // A name of somebody's choice could be that of another file by the time it is removed, as root perhaps.
    if (!ID.test(name)) throw new Error(`${path} is in the way: it is not of process-monitor, remove it`);
    const holder = await call(path);
    if (holder !== 'dead') return holder;
    rmSync(path, { force: true });
  }
  return null;
}

/** What starters have left that died on the way. */
async function sweep(directory: string, nowMs: number, call: Caller<unknown>): Promise<void> {
  for (const name of namesIn(directory).filter((each) => PRIVATE_NAME.test(each))) {
    const path = join(directory, name);
    try {
      const found = lstatSync(path);
      if (nowMs - found.ctimeMs < LEFT_BEHIND_AFTER_MS) continue;
      if (!found.isDirectory()) unlinkSync(path);
      else if ((await holderOf(path, call)) === null) rmdirSync(path);
    } catch {
      // It costs a few bytes, and is tried again at the next start.
    }
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

interface PlaceNames {
  readonly path: string;
  readonly directory: string;
  readonly held: string;
  readonly id: string;
}

class HeldPlace implements Place {
  readonly #names: PlaceNames;
  readonly #inode: number;

  constructor(names: PlaceNames) {
    this.#names = names;
    this.#inode = lstatSync(join(names.held, names.id)).ino;
  }

  check(): 'ours' | 'hidden' | 'gone' {
    const { path, held, id } = this.#names;
    if (!this.#isOurs(join(held, id))) return 'gone';
    return this.#isOurs(path) ? 'ours' : 'hidden';
  }

  show(): void {
    const { path, directory, held, id } = this.#names;
    const beside = join(directory, `.${id}`);
    rmSync(beside, { force: true });
    linkSync(join(held, id), beside);
    renameSync(beside, path);
  }

  hide(): void {
    const { path, held, id } = this.#names;
    if (this.#isOurs(join(held, id)) && this.#isOurs(path)) rmSync(path, { force: true });
  }

  leave(): void {
    const { held, id } = this.#names;
    try {
      rmSync(join(held, id), { force: true });
      rmdirSync(held);
    } catch {
      // Somebody has taken it already, or takes it when they find nobody there.
    }
  }

  #isOurs(path: string): boolean {
    try {
      return lstatSync(path).ino === this.#inode;
    } catch {
      return false;
    }
  }
}
