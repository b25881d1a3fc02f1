/** The service manager (systemd): asks about units and restarts one. */
import type { UnitState } from '../domain/unit-state.js';
import type { RunOptions } from './command-runner.js';

/** How systemd took a request to restart a unit. Its outcome is the unit's state, read afterwards, not this. */
export type UnitActionResult =
  /** systemd says the job is done (which proves nothing about the program). */
  | { readonly kind: 'done' }
  /** The job failed; `detail` is what systemd said. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The unit's own start limit is hit. */
  | { readonly kind: 'start_limit'; readonly detail: string }
  /** Somebody else's job (a stop, a shutdown) is in the way: hands off. */
  | { readonly kind: 'conflict'; readonly detail: string }
  /** We lack the right (polkit): a mistake of the installation, not of the process. */
  | { readonly kind: 'not_permitted'; readonly detail: string }
  /** No such unit, masked, or it may not be started by hand. */
  | { readonly kind: 'impossible'; readonly detail: string }
  | { readonly kind: 'timed_out' }
  | { readonly kind: 'aborted' }
  /** There is no service manager to talk to. `isPassing`: for lack of room for the question, which may be over in a moment. */
  | { readonly kind: 'unavailable'; readonly detail: string; readonly isPassing?: boolean };

/** Unit name as asked → its state. Names without a unit have the state with `loadState: 'not-found'`. */
export type UnitStates = ReadonlyMap<string, UnitState>;

/**
 * Nothing is known of any unit. `unavailable`: systemd does not run here. `no_answer`: it is here, but it failed, did not
 * answer in time or was not waited for.
 */
export type UnitsUnknown = 'unavailable' | 'no_answer';

/** Something about a unit has just changed, or may have; what it is now is asked with `describe`. */
export interface UnitChange {
  /** As it was asked to be followed. */
  readonly name: string;
  /** A job of it (ours, a person's, one that another unit needs) has begun or ended with the change. */
  readonly byJob: boolean;
}

export interface UnitManager {
  /** The states of all named units in one question; names without a suffix mean `.service`. */
  describe(names: readonly string[], options: RunOptions): Promise<UnitStates | UnitsUnknown>;
  /** Restarts (or starts) the unit in job mode `fail`, and waits for the job. */
  restart(unit: string, options: RunOptions): Promise<UnitActionResult>;
  /** Forgets the unit's failed state and its start-limit count. */
  resetFailed(unit: string, options: RunOptions): Promise<UnitActionResult>;
  /**
   * Tells of changes of these units until the signal, of one change perhaps more than once. A help to look at the right
   * moment, never a promise: where systemd cannot be listened to, nothing is told, and after a gap everything is.
   */
  follow(names: readonly string[], onChange: (change: UnitChange) => void, signal: AbortSignal): void;
  /** Who follows is told of each change, at this moment; when it ends, of that. false: nothing is told, or not surely. */
  readonly isHearing: boolean;
}
