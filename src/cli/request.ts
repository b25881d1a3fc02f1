/** What a person asks of the program, as data: the command line read, nothing done yet. */
import type { GrantMode } from '../app/grant.js';
import type { LogLevel } from '../config/settings.js';
import type { Language } from './texts.js';

/** Options that stand before or after any command; null: not given. */
export interface GlobalOptions {
  readonly config: string | null;
  readonly logLevel: LogLevel | null;
  readonly lang: Language | null;
}

export type Request =
  | { readonly command: 'run'; readonly isOnce: boolean; readonly isDryRun: boolean }
  | { readonly command: 'config_check'; readonly connects: boolean; readonly isJson: boolean }
  | { readonly command: 'config_show'; readonly isJson: boolean }
  | { readonly command: 'doctor'; readonly probes: boolean; readonly isJson: boolean }
  | { readonly command: 'status'; readonly isJson: boolean }
  | { readonly command: 'restart'; readonly processName: string; readonly why: string | null }
  | { readonly command: 'reload' }
  | { readonly command: 'explain'; readonly processName: string; readonly isJson: boolean }
  | { readonly command: 'match'; readonly processName: string; readonly isJson: boolean }
  | { readonly command: 'alarm_menu' }
  | { readonly command: 'alarm_list'; readonly isJson: boolean }
  | AlarmChange
  | AlarmRandom
  | { readonly command: 'breaker_list'; readonly isJson: boolean }
  | BreakerSet
  | { readonly command: 'grant'; readonly mode: GrantMode; readonly isJson: boolean }
  | Migrate
  | { readonly command: 'demo'; readonly forSeconds: number | null };

export interface AlarmChange {
  readonly command: 'alarm_change';
  readonly action: 'raise' | 'clear' | 'acknowledge';
  /** Names or ids; empty with `isAll`. */
  readonly targets: readonly string[];
  /** Every process of this host. */
  readonly isAll: boolean;
  /** Do not ask back. */
  readonly isAgreed: boolean;
}

export interface AlarmRandom {
  readonly command: 'alarm_random';
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** From 1. */
  readonly mostAtOnce: number;
  /** null: until it is stopped. */
  readonly rounds: number | null;
}

export interface BreakerSet {
  readonly command: 'breaker_set';
  readonly wish: 'reset' | 'isolate';
  readonly processName: string;
  /** For the audit log. */
  readonly why: string | null;
}

export interface Migrate {
  readonly command: 'migrate';
  readonly direction: 'migrate' | 'revert';
  /** Show the SQL, run nothing. */
  readonly isDryRun: boolean;
  /** Where the server cannot hide the column. */
  readonly mayBeVisible: boolean;
  /** null: as the settings say. */
  readonly user: string | null;
  readonly passwordFile: string | null;
}
