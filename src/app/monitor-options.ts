/** What the engine needs of the settings. */
import type { Settings } from '../config/settings.js';
import type { MonitorOptions } from '../engine/monitor.js';

export function monitorOptions(settings: Settings, isDryRun: boolean): MonitorOptions {
  const { monitor, host, processes } = settings;
  return {
    checkIntervalMs: monitor.checkIntervalMs,
    startupGraceMs: monitor.startupGraceMs,
    maxParallelRestarts: monitor.maxParallelRestarts,
    hostBudget: { restarts: monitor.hostRestartBudget, windowMs: monitor.restartBudgetWindowMs },
    brakeLimits: { percent: monitor.massAlarmPercent, min: monitor.massAlarmMin },
    hostId: host.hostId,
    policyFor: (processName) => processes.policyFor(processName),
    listedNames: processes.listedNames,
    isDryRun,
  };
}
