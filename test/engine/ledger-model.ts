/** What the ledger should remember, in the plainest terms: ages and waits in numbers, one list of restarts per process. */
import type { BreakerState } from '../../src/domain/circuit-breaker.js';

export const LIMITS = { maxFailures: 2, resetAfterMs: 10_000, resetMultiplier: 3, maxOpenMs: 60_000 };
export const BUDGET = { restarts: 3, windowMs: 50_000 };
export const HOST = { restarts: 5, windowMs: 50_000 };
export const STABLE_MS = 7000;
const WEEK_MS = 7 * 24 * 3600_000;

/** Times are milliseconds of a clock that only goes on; a model is copied to be stored. */
export interface ProcessModel {
  failures: number;
  openings: number;
  /** null: not open. */
  openUntilMs: number | null;
  isHeld: boolean;
  restarts: number[];
  owes: 'clear' | 'raise' | null;
  inFlight: string | null;
  watchUntilMs: number | null;
  refusedUntilMs: number;
  isHandled: boolean;
}

export function newProcess(): ProcessModel {
  return {
    failures: 0,
    openings: 0,
    openUntilMs: null,
    isHeld: false,
    restarts: [],
    owes: null,
    inFlight: null,
    watchUntilMs: null,
    refusedUntilMs: 0,
    isHandled: false,
  };
}

/** The breaker as a reader must see it at that time. */
export function breakerAt(model: ProcessModel, nowMs: number): BreakerState {
  if (model.isHeld) return { kind: 'isolated' };
  if (model.openUntilMs === null) return { kind: 'closed', failures: model.failures };
  if (nowMs >= model.openUntilMs) return { kind: 'half_open', openings: model.openings };
  return { kind: 'open', untilMs: model.openUntilMs, openings: model.openings };
}

/** One more failure that counts. */
export function fail(model: ProcessModel, nowMs: number): void {
  if (model.isHeld || (model.openUntilMs !== null && nowMs < model.openUntilMs)) return;
  const isTrial = model.openUntilMs !== null;
  model.failures += 1;
  if (!isTrial && model.failures < LIMITS.maxFailures) return;
  model.openings += 1;
  const longMs = LIMITS.resetAfterMs * LIMITS.resetMultiplier ** (model.openings - 1);
  model.openUntilMs = nowMs + Math.min(longMs, LIMITS.maxOpenMs);
}

/** All counters of failures to zero. */
export function forgive(model: ProcessModel): void {
  Object.assign(model, { failures: 0, openings: 0, openUntilMs: null });
}

export function mayRestart(times: readonly number[], { restarts, windowMs }: typeof BUDGET, nowMs: number): boolean {
  return times.filter((time) => nowMs - time < windowMs).length < restarts;
}

/**
 * What is stored and read back: what is past has aged by what the wall clock says (never less than nothing), and every
 * wait is shorter by as much, never longer than it was.
 */
export function stored(model: ProcessModel, savedMs: number, nowMs: number, wallPassedMs: number): ProcessModel {
  const passedMs = Math.max(0, wallPassedMs);
  const wait = (untilMs: number): number => nowMs + Math.min(WEEK_MS, Math.max(0, untilMs - savedMs - passedMs));
  return {
    ...model,
    openUntilMs: model.openUntilMs === null ? null : wait(model.openUntilMs),
    restarts: model.restarts.map((time) => nowMs - Math.max(0, savedMs - time + wallPassedMs)),
    watchUntilMs: model.watchUntilMs === null ? null : wait(model.watchUntilMs),
    refusedUntilMs: wait(model.refusedUntilMs),
  };
}
