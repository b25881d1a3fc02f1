/** Everything the monitor tells about itself: facts, after they happened; sinks turn them into lines, numbers or messages. */
import type { AlarmRow, ProcessId } from './alarm.js';
import type { BreakerState } from './circuit-breaker.js';
import type { RestartOutcome } from './outcome.js';
import type { SkipReason } from './verdict.js';

/** Which handling an event belongs to; the same `alarmId` runs through all events of one handling. */
export interface HandlingRef {
  readonly alarmId: string;
  /** null: restarted by a person while no row of it was in alarm. */
  readonly processId: ProcessId | null;
  readonly processName: string;
}

/** Short form of a command's result, for people. */
export interface CommandReport {
  readonly ok: boolean;
  /** For example `exited 3 after 120 ms`, `killed at the timeout of 60 s`, `missing executable: /opt/x`. */
  readonly summary: string;
  /** Last part of the output, at most 2,000 characters; any text. */
  readonly output: string;
  readonly durationMs: number;
}

export type MonitorEvent =
  /** The daemon has read its settings and memory and starts looking. */
  | {
      readonly type: 'monitor.started';
      readonly version: string;
      readonly pid: number;
      readonly source: string;
      readonly isDryRun: boolean;
    }
  /** A stop was asked for: no new work, what runs is finished. */
  | { readonly type: 'monitor.draining'; readonly reason: string; readonly inFlight: number }
  | { readonly type: 'monitor.stopped' }
  /** The database does not answer: nothing is restarted until it does. Once per outage. */
  | { readonly type: 'monitor.blinded'; readonly code: string; readonly detail: string }
  /** The same outage, an hour on or with another cause. */
  | { readonly type: 'monitor.still_blind'; readonly code: string; readonly detail: string; readonly blindMs: number }
  /** The database answers again. */
  | { readonly type: 'monitor.sighted'; readonly blindMs: number }
  /** A note on how the source or the system was found that an operator should know. */
  | { readonly type: 'monitor.warned'; readonly code: string; readonly detail: string }
  /** One pass is over. */
  | {
      readonly type: 'cycle.completed';
      readonly alarmed: number;
      readonly started: number;
      readonly skipped: number;
      readonly durationMs: number;
    }
  /** A row is in alarm that was not at the last look, and that is the monitor's business. */
  | { readonly type: 'alarm.found'; readonly row: AlarmRow }
  /** Triage left the row alone; told when the reason changes, not each cycle. */
  | { readonly type: 'alarm.skipped'; readonly row: AlarmRow; readonly reason: SkipReason }
  /** A row is no longer in alarm and we did not clear it. */
  | { readonly type: 'alarm.gone'; readonly processId: ProcessId | null; readonly processName: string | null }
  /** Its unit has failed with no alarm in the table, so it was raised there. */
  | {
      readonly type: 'alarm.raised_by_watch';
      readonly processId: ProcessId;
      readonly processName: string;
      readonly unit: string;
      readonly detail: string;
    }
  /** Its unit has failed and no alarm was raised for it; each reason once for each failure. */
  | {
      readonly type: 'alarm.not_raised';
      readonly processName: string;
      readonly unit: string;
      readonly reason: 'no_row' | 'acknowledged' | 'isolated' | 'write_back_off';
      readonly detail: string;
    }
  /** A handling begins. */
  | ({
      readonly type: 'restart.started';
      readonly strategy: string;
      readonly systemName: string;
      readonly isTrial: boolean;
    } & HandlingRef)
  /** One attempt begins; `how` says what was chosen and why. */
  | ({
      readonly type: 'restart.attempted';
      readonly attempt: number;
      readonly maxAttempts: number;
      readonly how: string;
    } & HandlingRef)
  /** A command or a step of an attempt has ended. */
  | ({
      readonly type: 'command.ended';
      readonly purpose: 'pre_restart' | 'restart' | 'unit' | 'stop' | 'start';
      readonly text: string;
      readonly report: CommandReport;
    } & HandlingRef)
  /** The checks of one attempt have passed or their time is over. */
  | ({
      readonly type: 'health.checked';
      readonly ok: boolean;
      readonly what: string;
      readonly detail: string;
      readonly durationMs: number;
    } & HandlingRef)
  /** One attempt did not lead to a well process. */
  | ({
      readonly type: 'attempt.failed';
      readonly attempt: number;
      readonly maxAttempts: number;
      readonly detail: string;
    } & HandlingRef)
  /** The handling is over; exactly one for each `restart.started`. */
  | ({
      readonly type: 'restart.ended';
      readonly outcome: RestartOutcome;
      readonly systemName: string;
      readonly durationMs: number;
    } & HandlingRef)
  /** The alarm was cleared in the source (`rows` 0: somebody else had done so, or the row belongs to another name now: nothing was written). */
  | ({
      readonly type: 'write_back.done';
      readonly rows: number;
      readonly noteStored: boolean;
      readonly wasOwed: boolean;
    } & HandlingRef)
  /** The alarm could not be cleared or raised: remembered, paid first in the next cycle. */
  | ({ readonly type: 'write_back.owed'; readonly detail: string } & HandlingRef)
  /** The alarm was raised again while its process was being restarted: it stays, and is handled anew. */
  | ({ readonly type: 'alarm.raised_again' } & HandlingRef)
  /** Recovered, and the writer is off: the source must clear the alarm. */
  | ({ readonly type: 'write_back.off' } & HandlingRef)
  /** The process failed after its alarm was cleared; the alarm is raised again. */
  | ({ readonly type: 'process.relapsed'; readonly detail: string } & HandlingRef)
  /** The process stayed well for its stable period: counters are reset. */
  | ({ readonly type: 'process.stable'; readonly afterMs: number } & HandlingRef)
  | {
      readonly type: 'breaker.changed';
      readonly processId: ProcessId;
      readonly processName: string;
      readonly from: BreakerState;
      readonly to: BreakerState;
      readonly retryInMs: number | null;
      readonly by: 'result' | 'time' | 'person';
    }
  /** Many processes at once are in alarm: restarts are held for one look. */
  | { readonly type: 'brake.applied'; readonly alarmed: number; readonly known: number }
  | { readonly type: 'brake.released'; readonly alarmed: number; readonly confirmed: boolean }
  /** The memory could not be read at start and was set aside. */
  | { readonly type: 'state.damaged'; readonly detail: string; readonly movedTo: string | null }
  /** The memory could not be written; told once until it works again. */
  | { readonly type: 'state.unsaved'; readonly detail: string }
  | { readonly type: 'state.saved_again' }
  /** A handling that a dead monitor left behind was settled by looking. */
  | ({ readonly type: 'handling.resumed'; readonly finding: 'not_begun' | 'looking' } & HandlingRef)
  /** Whether this monitor is the one that acts has changed; `detail` says who is, or what stands in the way, or that the rows may have been another's. */
  | {
      readonly type: 'ownership.changed';
      readonly state: 'owner' | 'standby' | 'unsure' | 'unknown';
      readonly detail: string;
    }
  /** Units are reached in another way than before, or in `none`: the bus does not answer (`detail`: why), or it does again (null). */
  | { readonly type: 'unit_way.changed'; readonly way: 'dbus' | 'systemctl' | 'none'; readonly detail: string | null }
  /** New settings are in force; `changes` names each key that has changed, `pending` what takes a restart of the monitor. */
  | {
      readonly type: 'settings.reloaded';
      readonly changes: readonly string[];
      readonly pending: readonly string[];
      readonly durationMs: number;
    }
  /** The new settings were refused: the old ones stay. One for each mistake. */
  | { readonly type: 'settings.refused'; readonly detail: string }
  /** A line of the audit log could not be written; `lost`: of something that was done, else nothing was done. */
  | { readonly type: 'audit.failed'; readonly lost: boolean; readonly detail: string }
  /** A person asked for something through the control socket; `by` as it was proved, null: it was not. */
  | {
      readonly type: 'request.served';
      readonly request: string;
      readonly target: string;
      readonly by: string | null;
      readonly ok: boolean;
      readonly detail: string;
    };

export type MonitorEventType = MonitorEvent['type'];
