/** How one process is restarted, checked and limited: the operator's word on it, read from the settings. */
import type { SystemName } from './alarm.js';
import type { BreakerLimits } from './circuit-breaker.js';
import type { BudgetLimits } from './restart-budget.js';

export const STRATEGY_NAMES = ['auto', 'service', 'process', 'custom'] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** One configured proof of health. All that are configured must pass, in this order. */
export type HealthCheck =
  /** A shell line; well when it exits 0. `%s` and `%d` are filled in before it runs. */
  | { readonly kind: 'command'; readonly commandLine: string }
  /** Well when the answer's status lies in `statuses` and, where set, its body contains `text`. */
  | { readonly kind: 'http'; readonly url: string; readonly statuses: StatusRange; readonly text: string | null }
  /** Well when a TCP connection is accepted. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Inclusive range of HTTP status codes, 100 to 599. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** What a started program may use at most; null: as much as there is. */
export interface ProgramLimits {
  readonly memoryMaxBytes: number | null;
  /** Percent of one processor. */
  readonly cpuQuotaPercent: number | null;
  readonly tasksMax: number | null;
  readonly openFiles: number | null;
}

/** Everything that decides how one process is handled. Times in milliseconds. */
export interface ProcessPolicy {
  /** The name in the database that this policy is for. */
  readonly processName: string;
  /** Which section it came from: `[process.NAME]` or `[process.default]`. */
  readonly origin: 'own_section' | 'default_section';
  readonly strategy: StrategyName;
  /** Unit or executable; a unit without suffix means `.service`. An absolute path only for executables. */
  readonly systemName: SystemName;
  /** Shell line; wins over every strategy's own way of restarting. */
  readonly restartCommand: string | null;
  /** Command line that starts the program, for the `process` strategy. Run without a shell unless it needs one. */
  readonly startCommand: string | null;
  /** Shell line, run once per handling before the first attempt; its failure ends the handling. */
  readonly preRestartCommand: string | null;
  /** From 1. */
  readonly maxAttempts: number;
  /** Pause between attempts; grows by `restartDelayMultiplier` up to `restartDelayMaxMs`. */
  readonly restartDelayMs: number;
  readonly restartDelayMultiplier: number;
  readonly restartDelayMaxMs: number;
  /** Longest run of any one command, a unit's restart included. */
  readonly commandTimeoutMs: number;
  /** Between TERM and KILL. */
  readonly stopTimeoutMs: number;
  readonly healthChecks: readonly HealthCheck[];
  /** How long after settling the checks may take to pass. */
  readonly healthCheckTimeoutMs: number;
  readonly healthCheckIntervalMs: number;
  /** Wait between acting and the first check. */
  readonly settleTimeMs: number;
  /** How long a recovered process is watched before its counters are reset. 0: no watch. */
  readonly stableTimeMs: number;
  /** A failure of its unit raises its alarm, whoever else does. */
  readonly watchesUnit: boolean;
  readonly breaker: BreakerLimits;
  readonly budget: BudgetLimits;
  /** A hint where to find the process, never a proof. */
  readonly pidFile: string | null;
  /** User that the started process runs as; null: the monitor's own. */
  readonly user: string | null;
  /** User that the commands run as, in units that `grant` makes; null: they run as the monitor does. */
  readonly commandUser: string | null;
  /** Whether the started program stays, or puts itself into the background. */
  readonly startMode: 'foreground' | 'background';
  readonly limits: ProgramLimits;
  readonly workingDirectory: string | null;
  /** Environment of the started process and of this process's commands, beside a clean base. */
  readonly environment: Readonly<Record<string, string>>;
  /** Shell that command lines are run by, for example `/bin/sh`. */
  readonly shell: string;
  readonly enabled: boolean;
  readonly dryRun: boolean;
  /** Lets a protected unit (dbus, sshd, the database …) be restarted. Never the monitor itself. */
  readonly allowProtected: boolean;
}
