/** The monitor's side of the proof: hands out names that nobody can guess, and looks at the files made under them. */
import { chmodSync, constants, lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { lstat, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { judgeProof, type Challenge, type Judgement, type ProofFile } from '../../domain/proof.js';
import type { Clock } from '../../ports/clock.js';
import type { People } from '../../ports/people.js';
import type { Random } from '../../ports/random.js';
import { codeOf } from './error-words.js';
import { readTellable } from './id-map.js';
import type { Question } from './messages.js';

/** The group makes files in it, and nobody removes another's. */
const DIRECTORY_MODE = 0o1770;
/** Longer than any proof. */
const READ_BYTES = 128;
/** Rubbish beyond this is left for the next time: no asker waits for the clearing away of another's. */
const MOST_SWEPT = 1000;
const ID_PARTS = 3;

export interface ProofDeskOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly people: People;
}

export class ProofDesk {
  readonly #options: ProofDeskOptions;
  readonly #open = new Set<string>();

  constructor(options: ProofDeskOptions) {
    this.#options = options;
  }

  /** Makes the directory what it must be and clears it up. Throws where it is not ours to use. */
  async prepare(): Promise<void> {
    const { directory } = this.#options;
    try {
      makeOwn(directory);
    } catch (error) {
      if (codeOf(error) !== 'EPERM') throw error;
      // An empty one that an earlier monitor made as another user.
      rmdirSync(directory);
      makeOwn(directory);
    }
    const names = (await readdir(directory)).filter((name) => !this.#open.has(name));
    for (const name of names.slice(0, MOST_SWEPT)) await remove(join(directory, name));
  }

  /** Rejects where the directory cannot be used. Each challenge must come to `judge` or `drop`. */
  async challenge(): Promise<{ readonly challenge: Challenge; readonly question: Question }> {
    await this.prepare();
    const { clock, random, people } = this.#options;
    const operators = await people.operators();
    const nonce = Array.from({ length: ID_PARTS }, () => random.id()).join('');
    this.#open.add(nonce);
    return { challenge: { nonce, givenAtMs: clock.nowMs() }, question: { nonce, gid: operators?.gid ?? null } };
  }

  /** Good for once: the file is removed. Never rejects. */
  async judge(challenge: Challenge, command: string): Promise<Judgement> {
    try {
      const file = await look(join(this.#options.directory, challenge.nonce));
      const keeper = {
        ownUid: geteuid?.() ?? -1,
        operators: await this.#options.people.operators(),
        isTellableUid: readTellable('uid'),
        isTellableGid: readTellable('gid'),
      };
      return judgeProof(file, challenge, keeper, command);
    } catch (error) {
      const why = `who asks is not proved: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: 'refused', uid: null, why };
    } finally {
      await this.drop(challenge);
    }
  }

  /** It will not be proved any more. Never rejects. */
  async drop({ nonce }: Challenge): Promise<void> {
    this.#open.delete(nonce);
    await remove(join(this.#options.directory, nonce));
  }
}

/** Throws, with `EPERM` as its code where it belongs to somebody else. */
function makeOwn(directory: string): void {
  try {
    mkdirSync(directory, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const found = lstatSync(directory);
  if (!found.isDirectory()) throw new Error(`${directory} is no directory`);
  if (found.uid !== geteuid?.())
    throw Object.assign(new Error(`${directory} belongs to user ${found.uid}`), { code: 'EPERM' });
  if ((found.mode & 0o7777) !== DIRECTORY_MODE) chmodSync(directory, DIRECTORY_MODE);
}

/** Opened only after it was seen to be a regular file; what is judged is what was opened. */
async function look(path: string): Promise<ProofFile | null> {
  const named = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (named === null) return null;
  const seen = { links: named.nlink, mode: named.mode & 0o7777, uid: named.uid, gid: named.gid };
  const madeAtMs = named.birthtimeMs > 0 ? named.birthtimeMs : named.ctimeMs;
  const isRegular = named.isFile();
  return { ...seen, madeAtMs, isRegular, content: isRegular ? await contentOf(path, named) : null };
}

async function contentOf(path: string, named: { readonly dev: number; readonly ino: number }): Promise<string | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    if (codeOf(error) === 'EACCES') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const opened = await file.stat();
    if (opened.dev !== named.dev || opened.ino !== named.ino) throw new Error('the proof file was exchanged');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Whatever it is, but never what is inside of it. */
async function remove(path: string): Promise<void> {
  await unlink(path)
    .catch((error: unknown) => (codeOf(error) === 'EISDIR' ? rmdir(path) : undefined))
    .catch(() => undefined);
}
