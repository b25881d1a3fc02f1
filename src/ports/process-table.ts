/** The programs that run on this host, and signals to exactly one of them. */
import type { ProcessIdentity, RunningProcess } from '../domain/unit-state.js';

export type SignalResult = 'sent' | 'gone' | 'not_permitted';

export interface ProcessTable {
  /** Every program that can be seen now. Those that vanish while it looks are left out. */
  list(): Promise<readonly RunningProcess[]>;
  /** One program by number; null: there is none (zombies count as none). */
  find(pid: number): Promise<RunningProcess | null>;
  /** The program still runs; a zombie, a reused number or another boot is not running. */
  isRunning(identity: ProcessIdentity): Promise<boolean>;
  /** Signals the program only if it is still the same one; never by number alone. */
  signal(identity: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): Promise<SignalResult>;
  /** Reads a pid file: null where there is none or it holds no number; otherwise the number (which proves nothing). */
  readPidFile(path: string): Promise<number | null>;
  /** The working directory of the program, for `%d`; null where it is gone or may not be read. */
  workingDirectory(identity: ProcessIdentity): Promise<string | null>;
  /** The number of a user by the host's own list of accounts; null: it is not in it, though a directory may know it. */
  localUid(user: string): Promise<number | null>;
  /** Whether the programs of other users can be seen at all: a sandbox may hide them. */
  seesOthers(): Promise<boolean>;
  /** The program's own pid: never to be signalled. */
  readonly ownPid: number;
}
