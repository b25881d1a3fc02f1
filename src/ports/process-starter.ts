/** Starts a program that outlives the monitor. */
import type { ProgramLimits } from '../domain/process-policy.js';
import type { ProcessIdentity } from '../domain/unit-state.js';
import type { RunOptions } from './command-runner.js';

export interface StartRequest {
  /** For the name of a transient unit (`pm-NAME-…`): the system name, of a path all of it, `:opt:app:worker`. */
  readonly name: string;
  /** Command line as configured; split without a shell unless it holds shell syntax. */
  readonly commandLine: string;
  readonly shell: string;
  /** null: the monitor's own user. */
  readonly user: string | null;
  readonly workingDirectory: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** Kept by systemd; in a session nobody keeps them. Absent: none. */
  readonly limits?: ProgramLimits;
}

export type StartResult =
  /**
   * It was started. `identity` is null where the command put its program into the background and ended with 0.
   * `home` says where it lives: in a transient unit, or in a session of its own.
   */
  | {
      readonly kind: 'started';
      readonly identity: ProcessIdentity | null;
      readonly home: 'transient_unit' | 'session';
      readonly unit: string | null;
    }
  /** `missing`: no such executable. `not_permitted`: may not be executed or user not allowed. `bad_command`: unbalanced quotes, unknown user or directory. `no_room`: as for a command. */
  | {
      readonly kind: 'not_started';
      readonly reason: 'missing' | 'not_permitted' | 'bad_command' | 'ended' | 'no_room' | 'other';
      readonly detail: string;
    };

export interface ProcessStarter {
  /** Why nothing can be started here, whatever is asked for; null: it can. Told before anything is stopped for a start. */
  readonly obstacle: string | null;
  /** Resolves as soon as the program runs or is known not to. Never rejects on a failed start. */
  start(request: StartRequest, options: RunOptions): Promise<StartResult>;
}
