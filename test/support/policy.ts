/** Policies, ids and unit states for tests that care about one thing in them. */
import type { ProcessId, SystemName } from '../../src/domain/alarm.js';
import type { ProcessPolicy } from '../../src/domain/process-policy.js';
import type { UnitState } from '../../src/domain/unit-state.js';
import { deadState } from './fake-unit-life.js';

export type PolicyWish = Partial<Omit<ProcessPolicy, 'systemName'>> & { readonly systemName?: string };

/** The documented defaults for a process `app`, which is the unit `app.service`; two attempts, 1 s to settle. */
export function policyOf({ systemName, ...wish }: PolicyWish = {}): ProcessPolicy {
  const processName = wish.processName ?? 'app';
  return {
    processName,
    origin: 'own_section',
    strategy: 'service',
    restartCommand: null,
    startCommand: null,
    preRestartCommand: null,
    maxAttempts: 2,
    restartDelayMs: 2000,
    restartDelayMultiplier: 1,
    restartDelayMaxMs: 60_000,
    commandTimeoutMs: 60_000,
    stopTimeoutMs: 10_000,
    healthChecks: [],
    healthCheckTimeoutMs: 5000,
    healthCheckIntervalMs: 1000,
    settleTimeMs: 1000,
    stableTimeMs: 60_000,
    watchesUnit: false,
    breaker: { maxFailures: 3, resetAfterMs: 300_000, resetMultiplier: 2, maxOpenMs: 4 * 3600_000 },
    budget: { restarts: 10, windowMs: 3600_000 },
    pidFile: null,
    user: null,
    commandUser: null,
    startMode: 'foreground',
    limits: { memoryMaxBytes: null, cpuQuotaPercent: null, tasksMax: null, openFiles: null },
    workingDirectory: null,
    environment: {},
    shell: '/bin/sh',
    enabled: true,
    dryRun: false,
    allowProtected: false,
    ...wish,
    // Tests name things that no check would let through, too.
    systemName: (systemName ?? processName) as SystemName,
  };
}

/** For tests only: no check that it is a safe integer. */
export function idOf(number: number): ProcessId {
  return number as ProcessId;
}

/** A loaded unit that runs, with one invocation and main pid unless told otherwise. */
export function unitOf(id: string, wish: Partial<UnitState> = {}): UnitState {
  return {
    ...deadState(id),
    names: [id],
    activeState: 'active',
    subState: 'running',
    mainPid: 4711,
    invocationId: 'a'.repeat(32),
    activeEnterMs: 1000,
    ...wish,
  };
}
