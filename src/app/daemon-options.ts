/** What the daemon must be told by whoever starts it. */
import { hostname } from 'node:os';
import type { HostAbilities } from '../adapters/exec/process-starter.js';
import { judgeLogs } from '../adapters/log/log-trust.js';
import type { Log, openLog } from '../adapters/log/logger.js';
import type { MonitorEvent } from '../domain/event.js';
import type { LoadedSettings } from '../config/settings-from-text.js';
import type { Settings } from '../config/settings.js';
import type { Clock } from '../ports/clock.js';
import { trustedOwners } from './service-account.js';

/** Where the daemon runs, as far as it cannot see for itself. */
export interface Surroundings {
  /** `$NOTIFY_SOCKET`; null: systemd does not supervise us. */
  readonly notifySocket: string | null;
  /** What the launcher says of the line to systemd that it has opened; null or absent: there is none. */
  readonly notifyLine?: string | null;
  /** `$WATCHDOG_USEC` in milliseconds; null or absent: systemd waits for no sign of life. */
  readonly watchdogMs?: number | null;
  /** `$JOURNAL_STREAM`. */
  readonly journalStream: string | null;
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  /** What starting programs may count on. Default: what this host has. */
  readonly abilities?: HostAbilities;
  /** Takes whole lines for the console instead of standard error. */
  readonly writeConsole?: (text: string) => void;
  /** Hears of every event too, for example to show progress on a terminal. */
  readonly onEvent?: (event: MonitorEvent) => void;
  /** The loop has ended a cycle and sleeps until the next. */
  readonly onPause?: (untilNextMs: number) => void;
}

export interface DaemonOptions {
  readonly loaded: LoadedSettings;
  /** Reads the settings anew. Throws `ConfigError`. */
  readonly load: () => LoadedSettings;
  readonly mode: { readonly once: boolean; readonly dryRun: boolean };
  readonly surroundings: Surroundings;
  /** Notices of the settings, told once at start. */
  readonly notices: readonly string[];
  /** Called with the way to stop it, before anything is started. */
  readonly onStoppable: (stop: (reason: string) => void) => void;
  /** Called with the way to have the settings read anew, once there is a monitor. */
  readonly onReloadable?: (reload: () => void) => void;
  /** Called with the way to write a line of one's own, as soon as there is a log. */
  readonly onLogOpen?: (write: Log['write']) => void;
}

/** `failed`: what kept it from running, or ended it. */
export type DaemonEnd = { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly detail: string };

/** The log that these settings ask for. */
export function logOptions(
  { surroundings, mode }: DaemonOptions,
  { logging, database }: Settings,
  clock: Clock,
): Parameters<typeof openLog>[0] {
  const { isTerminal, isColoured, journalStream, writeConsole } = surroundings;
  const isShort = mode.once || mode.dryRun;
  return {
    // A trial beside a running daemon must not write into, or rotate, that one's files.
    directory: mode.dryRun ? null : logging.directory,
    level: logging.level,
    format: logging.format,
    maxLogSizeBytes: logging.maxLogSizeBytes,
    logFilesToKeep: logging.logFilesToKeep,
    judge: judgeLogs(trustedOwners()),
    console: {
      mode: isShort ? 'on' : logging.console,
      isTerminal,
      isColoured,
      journalStream,
      ...(writeConsole === undefined ? {} : { write: writeConsole }),
    },
    secrets: database.engine === 'mysql' && database.password !== null ? [database.password] : [],
    host: hostname(),
    clock,
  };
}
