/** What the monitor remembers of each process, told from now: counters, waits and debts with the time that is left. */
import type { ProcessId } from '../domain/alarm.js';
import { tick } from '../domain/circuit-breaker.js';
import type { ProcessMemory } from '../domain/process-memory.js';
import type { BudgetLimits } from '../domain/restart-budget.js';
import { waitForBudgetMs, withinWindow } from '../domain/restart-budget.js';
import type { Glance } from './glance.js';

/** Example: `{ processId: 2, processName: 'sshd', breaker: { kind: 'open', retryInMs: 250000, openings: 1 }, … }` */
export interface RememberedProcess {
  readonly processId: ProcessId;
  readonly processName: string;
  readonly breaker: RememberedBreaker;
  readonly budget: BudgetUse;
  /** `attempt` 0: nothing has been done yet. */
  readonly inFlight: { readonly sinceMs: number; readonly attempt: number; readonly step: string | null } | null;
  readonly owed: { readonly kind: 'clear' | 'raise'; readonly sinceMs: number } | null;
  readonly watch: { readonly leftMs: number } | null;
  /** Recovered, and the source has yet to clear the alarm. */
  readonly handled: { readonly sinceMs: number } | null;
  readonly refusal: { readonly detail: string; readonly retryInMs: number } | null;
}

export type RememberedBreaker =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly retryInMs: number; readonly openings: number }
  | { readonly kind: 'half_open'; readonly openings: number }
  | { readonly kind: 'isolated' };

/** Restarts that still count in the window, and the wait until one more fits (0: now). */
export interface BudgetUse {
  readonly used: number;
  /** 0: no limit. */
  readonly limit: number;
  readonly windowMs: number;
  readonly waitMs: number;
}

/** By process id. */
export function rememberedProcesses(glance: Glance): readonly RememberedProcess[] {
  return [...glance.ledger.entries()]
    .sort(([left], [right]) => left - right)
    .map(([processId, memory]) => remembered(glance, processId, memory));
}

export function remembered(
  { settings, clock }: Pick<Glance, 'settings' | 'clock'>,
  processId: ProcessId,
  memory: ProcessMemory,
): RememberedProcess {
  const nowMs = clock.monotonicMs();
  const { monitor, processes } = settings;
  // A process that has lost its section: its budget is no longer known, the host's window is as good as any.
  const budget = processes.policyFor(memory.processName)?.budget ?? {
    restarts: 0,
    windowMs: monitor.restartBudgetWindowMs,
  };
  const { inFlight, owed, watch, handledMs, refusal } = memory;
  const since = (startMs: number): number => Math.round(nowMs - startMs);
  const until = (endMs: number): number => Math.max(0, Math.round(endMs - nowMs));
  return {
    processId,
    processName: memory.processName,
    breaker: breakerFromNow(memory, nowMs),
    budget: budgetUse(memory.restarts, budget, nowMs),
    inFlight: inFlight && { sinceMs: since(inFlight.startedMs), attempt: inFlight.attempt, step: inFlight.step },
    owed: owed && { kind: owed.kind, sinceMs: since(owed.sinceMs) },
    watch: watch && { leftMs: until(watch.untilMs) },
    handled: handledMs === null ? null : { sinceMs: since(handledMs) },
    refusal:
      refusal === null || refusal.untilMs <= nowMs
        ? null
        : { detail: refusal.detail, retryInMs: until(refusal.untilMs) },
  };
}

export function budgetUse(times: readonly number[], limits: BudgetLimits, nowMs: number): BudgetUse {
  return {
    used: withinWindow(times, limits, nowMs).length,
    limit: limits.restarts,
    windowMs: limits.windowMs,
    waitMs: Math.round(waitForBudgetMs(times, limits, nowMs)),
  };
}

function breakerFromNow({ breaker }: ProcessMemory, nowMs: number): RememberedBreaker {
  const state = tick(breaker, nowMs);
  return state.kind === 'open'
    ? { kind: 'open', retryInMs: Math.round(state.untilMs - nowMs), openings: state.openings }
    : state;
}
