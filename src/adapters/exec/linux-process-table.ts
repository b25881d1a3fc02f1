/** The programs of this host as Linux shows them in /proc, and signals to exactly one of them. */
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { ProcessIdentity, RunningProcess } from '../../domain/unit-state.js';
import type { ProcessTable, SignalResult } from '../../ports/process-table.js';
import { readPidFile } from './pid-file.js';
import { unitOfCgroup } from './proc-cgroup.js';
import { isOutOfDescriptors, keepSpares, withSpares } from './spare-descriptors.js';
import { isAlive, parseStat, type ProcStat } from './proc-stat.js';
import { localUid } from './user-lookup.js';
import { parseArgv, parseStatus } from './proc-status.js';

const DELETED = ' (deleted)';
const DIRECTORY_OF_PROCESS = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Lists living programs only: no zombies. It reads synchronously: /proc answers from memory, and a hundred programs
 * take a few milliseconds this way, many times more through the thread pool.
 */
export class LinuxProcessTable implements ProcessTable {
  readonly ownPid = process.pid;
  #bootId: string | null = null;
  /** What is asked for now and answered at the end of this turn; null: nobody has asked. */
  #asked: Promise<readonly RunningProcess[]> | null = null;

  constructor() {
    keepSpares();
  }

  /**
   * Everybody who asks in the same turn of the event loop shares one scan, which begins when the turn is over: so each
   * answer was looked up after its question, and what was started or ended before the question shows in it.
   */
  list(): Promise<readonly RunningProcess[]> {
    this.#asked ??= endOfTurn().then(() => {
      this.#asked = null;
      return withSpares(() => listPids().map((pid) => this.#read(pid))).filter((seen) => seen !== null);
    });
    return this.#asked;
  }

  find(pid: number): Promise<RunningProcess | null> {
    return Promise.resolve(Number.isSafeInteger(pid) && pid > 0 ? withSpares(() => this.#read(pid)) : null);
  }

  isRunning(identity: ProcessIdentity): Promise<boolean> {
    return Promise.resolve(withSpares(() => this.#isSame(identity, `/proc/${identity.pid}`)));
  }

  signal(identity: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): Promise<SignalResult> {
    if (identity.pid <= 1 || identity.pid === this.ownPid) return Promise.resolve('not_permitted');
    const result = withSpares(() => this.#whileHeld(identity, (): SignalResult => sendSignal(identity.pid, signal)));
    return Promise.resolve(result ?? 'gone');
  }

  localUid(user: string): Promise<number | null> {
    return Promise.resolve(withSpares(() => localUid(user)));
  }

  /** Where other users' programs are hidden, the first process of all is too. */
  async seesOthers(): Promise<boolean> {
    return (await this.find(1)) !== null;
  }

  readPidFile(path: string): Promise<number | null> {
    return Promise.resolve(withSpares(() => readPidFile(path)));
  }

  workingDirectory(identity: ProcessIdentity): Promise<string | null> {
    const path = withSpares(() =>
      this.#whileHeld(identity, (directory) => attempt(() => readlinkSync(`${directory}/cwd`))),
    );
    return Promise.resolve(path === null || path.endsWith(DELETED) ? null : path);
  }

  /**
   * Does something while the program's own directory is held open: through it nothing but this program can be seen,
   * even where its number has been given to another meanwhile. null: it is gone.
   */
  #whileHeld<T>(identity: ProcessIdentity, act: (directory: string) => T): T | null {
    const held = attempt(() => openSync(`/proc/${identity.pid}`, DIRECTORY_OF_PROCESS));
    if (held === null) return null;
    try {
      const directory = `/proc/self/fd/${held}`;
      return this.#isSame(identity, directory) ? act(directory) : null;
    } finally {
      closeSync(held);
    }
  }

  #isSame(identity: ProcessIdentity, directory: string): boolean {
    const stat = readStat(directory);
    return (
      stat !== null && isAlive(stat) && stat.startTicks === identity.startTicks && this.#boot() === identity.bootId
    );
  }

  #read(pid: number): RunningProcess | null {
    const directory = `/proc/${pid}`;
    const stat = readStat(directory);
    if (stat === null || !isAlive(stat)) return null;
    const details = stat.isKernelThread ? KERNEL_THREAD : describe(directory);
    // Read again: were the number given to another program while we looked, the parts would belong to two.
    if (details === null || readStat(directory)?.startTicks !== stat.startTicks) return null;
    const { comm, state, parentPid, processGroup, session, isKernelThread } = stat;
    const identity = { pid, startTicks: stat.startTicks, bootId: this.#boot() };
    return { identity, parentPid, processGroup, session, comm, state, isKernelThread, ...details };
  }

  #boot(): string {
    this.#bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return this.#bootId;
  }
}

/** Every program's stat line, and nothing else of it: the quickest look at who descends from whom. Zombies left out. */
export function listStats(): readonly ProcStat[] {
  return withSpares(() => listPids().map((pid) => readStat(`/proc/${pid}`)))
    .filter((stat) => stat !== null)
    .filter(isAlive);
}

type Details = Pick<RunningProcess, 'uid' | 'executable' | 'argv' | 'unit' | 'isContained'>;

/** All that there is to know of one, without looking. */
const KERNEL_THREAD: Details = { uid: 0, executable: null, argv: [], unit: null, isContained: false };

function describe(directory: string): Details | null {
  const status = parseStatus(readText(`${directory}/status`) ?? '');
  if (status === null) return null;
  return {
    ...status,
    executable: readExecutable(directory),
    argv: parseArgv(readText(`${directory}/cmdline`) ?? ''),
    unit: unitOfCgroup(readText(`${directory}/cgroup`) ?? ''),
  };
}

function listPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number);
}

function readStat(directory: string): ProcStat | null {
  const text = readText(`${directory}/stat`);
  return text === null ? null : parseStat(text);
}

function readExecutable(directory: string): string | null {
  const path = attempt(() => readlinkSync(`${directory}/exe`));
  return path?.endsWith(DELETED) === true ? path.slice(0, -DELETED.length) : path;
}

/** Kept between reads: nearly every file of /proc fits, and one read of it brings the whole file. */
const page = Buffer.alloc(16 * 1024);

function readText(path: string): string | null {
  return attempt(() => {
    const file = openSync(path, constants.O_RDONLY);
    try {
      const length = readSync(file, page);
      return length < page.length ? page.toString('utf8', 0, length) : readFileSync(path, 'utf8');
    } finally {
      closeSync(file);
    }
  });
}

/** A program may vanish between any two looks at it, or forbid them: then there is nothing to see. Who cannot look does not know. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch (cause: unknown) {
    if (isOutOfDescriptors(cause)) throw cause;
    return null;
  }
}

function sendSignal(pid: number, signal: 'SIGTERM' | 'SIGKILL'): SignalResult {
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (cause: unknown) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ESRCH') return 'gone';
    return 'not_permitted';
  }
}
