/** The settings as the rest of the program sees them: typed, complete, frozen. */
import type { ProcessPolicy } from '../domain/process-policy.js';

export interface Settings {
  readonly database: DatabaseSettings;
  readonly monitor: MonitorSettings;
  readonly logging: LoggingSettings;
  readonly host: HostSettings;
  readonly selfRecovery: SelfRecoverySettings;
  readonly processes: ProcessSettings;
}

export interface HostSettings {
  /** null: rows of every host are ours. */
  readonly hostId: number | null;
  readonly ownership: 'auto' | 'off';
  readonly standby: 'wait' | 'exit';
  readonly leaseTimeMs: number;
}

export type DatabaseSettings = MysqlSettings | SqliteSettings;

export interface MysqlSettings {
  readonly engine: 'mysql';
  /** Tried in order; one or more. */
  readonly hosts: readonly DatabaseHost[];
  /** Path of the server's unix socket; wins over `hosts`. */
  readonly socket: string | null;
  readonly user: string;
  /** null: log in without one (socket login). */
  readonly password: string | null;
  /** Where the password was read from, and is read again at each new connection; null: it came with the settings. */
  readonly passwordFile: string | null;
  readonly database: string;
  readonly ssl: TlsSettings;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  /** 1 to 64. */
  readonly poolSize: number;
  readonly writeBack: WriteBackMode;
  readonly claims: 'auto' | 'off';
  /** Database of our own tables; null: that of the alarms. */
  readonly ownDatabase: string | null;
}

export interface SqliteSettings {
  readonly engine: 'sqlite';
  readonly path: string;
  readonly queryTimeoutMs: number;
  readonly writeBack: WriteBackMode;
  readonly claims: 'auto' | 'off';
}

/** `auto`: clear alarms where the database user may; `never`: only look. */
export type WriteBackMode = 'auto' | 'always' | 'never';

export interface DatabaseHost {
  readonly host: string;
  readonly port: number;
}

export interface TlsSettings {
  /** `required`: encrypted, server not proved; `verify`: encrypted and the server's name and certificate are proved. */
  readonly mode: 'off' | 'required' | 'verify';
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

export interface MonitorSettings {
  readonly checkIntervalMs: number;
  readonly maxParallelRestarts: number;
  /** 0: no limit. */
  readonly hostRestartBudget: number;
  readonly restartBudgetWindowMs: number;
  /** Percent of this host's processes, 0 to 100; 0: no brake. */
  readonly massAlarmPercent: number;
  readonly massAlarmMin: number;
  readonly startupGraceMs: number;
  readonly shutdownGraceMs: number;
  readonly unlistedProcesses: 'auto' | 'default' | 'ignore';
  /** `dbus` never starts systemctl; `auto` does where the bus does not answer. */
  readonly unitManager: 'auto' | 'dbus' | 'systemctl';
  readonly shell: string;
  readonly stateDirectory: string;
  readonly runDirectory: string;
  /** Whose members may act through the control socket; null: root alone. */
  readonly operatorsGroup: string | null;
}

export interface LoggingSettings {
  readonly directory: string;
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  /** `auto`: on a terminal and under the journal. */
  readonly console: 'auto' | 'on' | 'off';
  readonly maxLogSizeBytes: number;
  readonly logFilesToKeep: number;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Keys of the predecessor's watchdog; systemd does that work now, only the heartbeat file is kept. */
export interface SelfRecoverySettings {
  /** Rewritten with the epoch seconds of each cycle; null: none. */
  readonly heartbeatFile: string | null;
  /** Asked for after good cycles; null: none. */
  readonly deadManUrl: string | null;
  readonly deadManIntervalMs: number;
}

export interface ProcessSettings {
  /** The policy of a process by its name in the database; null: unlisted. */
  policyFor(processName: string): ProcessPolicy | null;
  /** Names that have a section of their own, in the order of the file. */
  readonly listedNames: readonly string[];
}
