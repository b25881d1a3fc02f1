/** The restart budget: how many restarts fit into a rolling window, whatever their cause. */

export interface BudgetLimits {
  /** Restarts allowed within the window; 0: no limit. */
  readonly restarts: number;
  /** Milliseconds. */
  readonly windowMs: number;
}

/** When each counted restart happened, monotonic milliseconds, oldest first. */
export type RestartTimes = readonly number[];

/** Milliseconds until one more restart fits; 0: it fits now. */
export function waitForBudgetMs(times: RestartTimes, limits: BudgetLimits, nowMs: number): number {
  if (limits.restarts === 0) return 0;
  const recent = withinWindow(times, limits, nowMs);
  const blocking = recent[recent.length - limits.restarts];
  return blocking === undefined ? 0 : blocking + limits.windowMs - nowMs;
}

/** As many are remembered, the latest, where the limit does not ask for more: without one there would be no end of them. */
const REMEMBERED = 100;

/** The times with one more, without those that no longer count. */
export function spend(times: RestartTimes, limits: BudgetLimits, nowMs: number): RestartTimes {
  return [...withinWindow(times, limits, nowMs), nowMs].slice(-Math.max(limits.restarts, REMEMBERED));
}

/** The restarts that still count at `nowMs`. */
export function withinWindow(times: RestartTimes, limits: BudgetLimits, nowMs: number): RestartTimes {
  return times.filter((time) => time > nowMs - limits.windowMs);
}
