/** The monitor's memory as it is stored: plain JSON, times as epoch milliseconds (wall time). */
import type { ProcessIdentity } from './unit-state.js';

/** Raised by one whenever an older program could misread it. */
export const STATE_VERSION = 1;

export interface StoredState {
  readonly version: typeof STATE_VERSION;
  readonly savedAtMs: number;
  /** By process key (`42`, or `HOST:42` with a host id). */
  readonly processes: Readonly<Record<string, StoredProcess>>;
  /** Restarts of the whole host that still count, oldest first. */
  readonly hostRestartsAtMs: readonly number[];
}

/** What has become of a stored state since. */
export interface StateChanges {
  readonly savedAtMs: number;
  /** By process key; null: nothing is remembered of it any more. */
  readonly processes: Readonly<Record<string, StoredProcess | null>>;
  /** Restarts of the whole host since then, oldest first. */
  readonly hostRestartsAtMs: readonly number[];
}

/** The state once these changes have come upon it, one after the other. */
export function withChanges(state: StoredState, all: readonly StateChanges[]): StoredState {
  if (all.length === 0) return state;
  const processes = new Map(Object.entries(state.processes));
  for (const changes of all) {
    for (const [key, each] of Object.entries(changes.processes)) {
      if (each === null) processes.delete(key);
      else processes.set(key, each);
    }
  }
  return {
    version: state.version,
    savedAtMs: all.at(-1)?.savedAtMs ?? state.savedAtMs,
    processes: Object.fromEntries(processes),
    hostRestartsAtMs: [...state.hostRestartsAtMs, ...all.flatMap(({ hostRestartsAtMs }) => hostRestartsAtMs)],
  };
}

export interface StoredProcess {
  readonly processName: string;
  readonly breaker: StoredBreaker;
  readonly restartsAtMs: readonly number[];
  readonly inFlight: StoredHandling | null;
  readonly owed: StoredDebt | null;
  readonly watch: StoredWatch | null;
  /** Recovered while the writer is off: not handled again until the source has cleared it. */
  readonly handledAtMs: number | null;
  /** Not tried again before this time, because rights or configuration forbade it. */
  readonly refusal: { readonly untilMs: number; readonly detail: string } | null;
}

export type StoredBreaker =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly openings: number }
  | { readonly kind: 'half_open'; readonly openings: number }
  | { readonly kind: 'isolated' };

/** What is written before a handling acts, so that a monitor that died in it can settle by looking. */
export interface StoredHandling {
  readonly alarmId: string;
  readonly startedAtMs: number;
  /** The handling has ended by then, however it went. */
  readonly deadlineAtMs: number;
  /** 1, 2, …; 0: nothing has been done yet. */
  readonly attempt: number;
  /** The last step that was begun; null: none. */
  readonly step: 'pre_restart' | 'command' | 'unit' | 'stop' | 'start' | null;
  /** That step has come to a good end; null: it has not, or leaves marks of its own to tell by. */
  readonly stepEnded: 'well' | null;
  /** A person asked for it: its failure does not count. null: an alarm did. */
  readonly askedBy: 'person' | null;
  /** What ran before the first step, to tell a restart that happened from one that did not. */
  readonly before: StoredEvidence;
  /** What the row was like when it was taken up; null: not claimed. */
  readonly claim: string | null;
}

/** Marks of what runs: a changed mark proves that a restart happened. */
export interface StoredEvidence {
  /** Canonical unit and its invocation; null: no unit. */
  readonly unit: { readonly id: string; readonly invocationId: string } | null;
  readonly processes: readonly ProcessIdentity[];
}

/** A write-back that is owed to the source. */
export interface StoredDebt {
  readonly kind: 'clear' | 'raise';
  /** The note's stamp, for `clear`. */
  readonly stamp: string;
  readonly sinceMs: number;
  readonly alarmId: string;
  /** What the row was like when it was taken up; null: not claimed. */
  readonly claim: string | null;
}

/** A recovered process that is being watched until it counts as stable. */
export interface StoredWatch {
  readonly untilMs: number;
  readonly alarmId: string;
  readonly after: StoredEvidence;
}
