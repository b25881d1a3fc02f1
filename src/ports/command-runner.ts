/** Runs one command to its end, which always comes. */

/** A program with its arguments: never a shell line unless `file` is a shell. */
export interface Command {
  /** Absolute path, or a name looked up in the command's PATH. */
  readonly file: string;
  readonly args: readonly string[];
  /** Added to a clean base environment (PATH, LANG); the monitor's own environment is never passed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: `/`. */
  readonly workingDirectory?: string;
  /**
   * Letters, digits and `-`. The command runs apart from the monitor under this name, as far as this host allows: what it
   * leaves running lives on when the monitor is stopped, and so does the command itself when the monitor is killed.
   */
  readonly scope?: string;
}

export interface RunOptions {
  /** After this the whole process group gets TERM, and KILL 2 s later. */
  readonly timeoutMs: number;
  /** Aborted: the group is ended in the same way and the result is `aborted`. */
  readonly signal: AbortSignal;
}

/**
 * What happened. `output` holds standard output and standard error as they came, at most the last 64 KiB, never split
 * inside a character; it may hold any text.
 */
export type CommandResult =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly output: string; readonly durationMs: number }
  | { readonly kind: 'killed'; readonly signal: string; readonly output: string; readonly durationMs: number }
  | { readonly kind: 'timed_out'; readonly output: string; readonly durationMs: number }
  | { readonly kind: 'aborted'; readonly output: string; readonly durationMs: number }
  /**
   * `missing`: no such program; `not_permitted`: there, but not executable by us; `no_room`: a limit on open files, programs
   * or memory is reached, ours or the system's, which says nothing about the command; `other`: see `detail`.
   */
  | {
      readonly kind: 'not_started';
      readonly reason: 'missing' | 'not_permitted' | 'no_room' | 'other';
      readonly detail: string;
    };

export interface CommandRunner {
  /**
   * Resolves with what happened; rejects only on a bug in the runner itself. Standard input is empty, output is read
   * to the end and capped, and a grandchild that keeps the output open does not hold the result back.
   */
  run(command: Command, options: RunOptions): Promise<CommandResult>;
  /** Kills everything that runs in commands of this scope: those of a monitor that was killed have nobody to bound them. */
  endScope(scope: string, options: RunOptions): Promise<void>;
}
