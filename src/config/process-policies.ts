/** Turns the sections on processes into policies, and answers which policy a process has. */
import { toSystemName } from '../domain/alarm.js';
import type { HealthCheck, ProcessPolicy } from '../domain/process-policy.js';
import type { SectionValues } from './key.js';
import type { PROCESS_KEYS } from './keys-process.js';
import type { ProcessSettings } from './settings.js';

export type ProcessValues = SectionValues<typeof PROCESS_KEYS>;

export interface PolicySources {
  /** By process name, in the order of the file; gone through once. */
  readonly listed: Iterable<readonly [string, ProcessValues]>;
  /** For processes without a section; null: they are left alone. */
  readonly unlisted: Omit<ProcessValues, 'system_name' | 'pid_file'> | null;
  readonly shell: string;
}

/** Every section's name has passed the check for one that can be acted on. */
export function buildProcessSettings({ listed, unlisted, shell }: PolicySources): ProcessSettings {
  const share = sharing();
  const policies = new Map<string, ProcessPolicy>();
  for (const [name, values] of listed) policies.set(name, listedPolicy(name, values, { shell, share }));
  const others = unlisted === null ? null : policyParts({ ...unlisted, ...NO_OWN_KEYS }, { shell, share });
  return Object.freeze({
    listedNames: Object.freeze([...policies.keys()]),
    policyFor(processName: string): ProcessPolicy | null {
      const own = policies.get(processName);
      if (own !== undefined || others === null) return own ?? null;
      const systemName = toSystemName(processName);
      if (systemName === null) return null;
      return Object.freeze({ processName, systemName, origin: 'default_section', ...others });
    },
  });
}

function listedPolicy(processName: string, values: ProcessValues, common: Common): ProcessPolicy {
  const allowPath = values.restart_strategy === 'process';
  const systemName = values.system_name ?? toSystemName(processName, { allowPath });
  if (systemName === null) throw new Error(`a section without a usable system name passed the check: ${processName}`);
  return Object.freeze({ processName, systemName, origin: 'own_section', ...policyParts(values, common) });
}

const NO_OWN_KEYS = { system_name: null, pid_file: null };

/** What all policies have in common. */
interface Common {
  readonly shell: string;
  readonly share: <T>(part: T) => T;
}

/** Gives back the one that was there first of parts that say the same: among thousands of policies few differ. */
function sharing(): Common['share'] {
  const known = new Map<string, unknown>();
  return <T>(part: T): T => {
    const text = JSON.stringify(part);
    if (!known.has(text)) known.set(text, freezeDeep(part));
    // Of one text there is one kind of part.
    return known.get(text) as T;
  };
}

/** All but whose it is. */
function policyParts(
  values: ProcessValues,
  { shell, share }: Common,
): Omit<ProcessPolicy, 'processName' | 'systemName' | 'origin'> {
  return {
    strategy: values.restart_strategy,
    restartCommand: values.restart_command,
    startCommand: values.start_command,
    preRestartCommand: values.pre_restart_command,
    maxAttempts: values.max_attempts,
    restartDelayMs: values.restart_delay,
    restartDelayMultiplier: values.restart_delay_multiplier,
    restartDelayMaxMs: values.restart_delay_max,
    commandTimeoutMs: values.command_timeout,
    stopTimeoutMs: values.stop_timeout,
    healthChecks: share(buildHealthChecks(values)),
    healthCheckTimeoutMs: values.health_check_timeout,
    healthCheckIntervalMs: values.health_check_interval,
    settleTimeMs: values.settle_time,
    stableTimeMs: values.stable_time,
    watchesUnit: values.watch_units,
    breaker: share(buildBreaker(values)),
    budget: share({ restarts: values.restart_budget, windowMs: values.restart_budget_window }),
    pidFile: values.pid_file,
    user: values.user,
    commandUser: values.command_user,
    startMode: values.start_mode,
    limits: share(buildProgramLimits(values)),
    workingDirectory: values.working_directory,
    environment: share(values.environment ?? {}),
    shell,
    enabled: values.enabled,
    dryRun: values.dry_run,
    allowProtected: values.allow_protected,
  };
}

function buildBreaker(values: ProcessValues): ProcessPolicy['breaker'] {
  return {
    maxFailures: values.max_restart_failures,
    resetAfterMs: values.circuit_reset_time,
    resetMultiplier: values.circuit_reset_multiplier,
    maxOpenMs: values.circuit_reset_max,
  };
}

function buildProgramLimits(values: ProcessValues): ProcessPolicy['limits'] {
  return {
    memoryMaxBytes: values.memory_max,
    cpuQuotaPercent: values.cpu_quota,
    tasksMax: values.tasks_max,
    openFiles: values.open_files,
  };
}

function buildHealthChecks(values: ProcessValues): readonly HealthCheck[] {
  const checks: HealthCheck[] = [];
  if (values.health_check_command !== null) checks.push({ kind: 'command', commandLine: values.health_check_command });
  if (values.health_check_url !== null) {
    const { health_check_url: url, health_check_status: statuses, health_check_text: wanted } = values;
    checks.push({ kind: 'http', url, statuses, text: wanted });
  }
  if (values.health_check_port !== null) checks.push({ kind: 'tcp', ...values.health_check_port });
  return checks;
}

/** Freezes plain data all the way down and returns it. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}
