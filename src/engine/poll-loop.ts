/** When: one cycle after another, at an even pace; blind while the source does not answer, careful after odd time. */
import { isOddTime, type CycleMoment } from '../domain/odd-time.js';
import type { SkipReason } from '../domain/verdict.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Random } from '../ports/random.js';
import { StoreError } from '../ports/store-error.js';
import type { CycleMemory } from './cycle.js';

export interface PollLoopDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly checkIntervalMs: number;
  readonly startupGraceMs: number;
  /** One pass; throws `StoreError` where the source does not answer. */
  readonly cycle: (memory: CycleMemory, hold: SkipReason | null) => Promise<CycleMemory>;
  /** Called before each pass, not waited for: pays what is owed. */
  readonly beforeCycle: () => void;
  /** Called after each pass, good or blind: the loop makes progress. */
  readonly afterCycle: (state: LoopState) => void;
}

export interface LoopState {
  readonly isBlind: boolean;
  /** What the last failure said; null: the source answers. */
  readonly failure: StoreError | null;
}

interface Blindness {
  readonly sinceMs: number;
  readonly failures: number;
  /** Every cause that was told in this outage. */
  readonly codes: readonly string[];
  readonly toldMs: number;
}

/** A blind monitor looks again after at most this long, or its own interval where that is longer. */
const LONGEST_BACKOFF_MS = 5000;
const REMIND_EVERY_MS = 3600 * 1000;

/** Runs until `draining`. Anything but a `StoreError` is a bug and passes through. */
export async function runPollLoop(deps: PollLoopDeps, draining: AbortSignal): Promise<void> {
  const { clock } = deps;
  let memory: CycleMemory = { brake: 'released' };
  let blindness: Blindness | null = null;
  let lookFirst: SkipReason | null = null;
  let moment: CycleMoment | null = null;
  while (!draining.aborted) {
    const now: CycleMoment = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    if (moment !== null && isOddTime(moment, now, plannedPauseMs(deps, blindness))) {
      deps.events.emit({
        type: 'monitor.warned',
        code: 'odd_time',
        detail: 'the clock was set or the machine slept: this cycle only looks',
      });
      lookFirst = { code: 'odd_time' };
    }
    moment = now;
    deps.beforeCycle();
    const result = await tryCycle(deps, memory, lookFirst ?? startupHold(deps), draining);
    if (result === 'draining') return;
    if (result instanceof StoreError) {
      blindness = tellBlind(deps, blindness, result);
    } else {
      memory = result;
      lookFirst = null;
      if (blindness !== null) {
        deps.events.emit({ type: 'monitor.sighted', blindMs: Math.round(clock.monotonicMs() - blindness.sinceMs) });
        blindness = null;
      }
    }
    if (blindness !== null) lookFirst = { code: 'just_sighted' };
    deps.afterCycle({ isBlind: blindness !== null, failure: result instanceof StoreError ? result : null });
    await clock.sleep(pauseMs(deps, blindness, clock.monotonicMs() - now.monotonicMs), draining);
  }
}

async function tryCycle(
  deps: PollLoopDeps,
  memory: CycleMemory,
  hold: SkipReason | null,
  draining: AbortSignal,
): Promise<CycleMemory | StoreError | 'draining'> {
  try {
    return await deps.cycle(memory, hold);
  } catch (cause: unknown) {
    if (draining.aborted) return 'draining';
    if (cause instanceof StoreError) return cause;
    throw cause;
  }
}

function startupHold({ clock, startupGraceMs }: PollLoopDeps): SkipReason | null {
  const leftMs = startupGraceMs - clock.monotonicMs();
  return leftMs > 0 ? { code: 'startup_grace', retryInMs: leftMs } : null;
}

function tellBlind(deps: PollLoopDeps, before: Blindness | null, failure: StoreError): Blindness {
  const nowMs = deps.clock.monotonicMs();
  const { code, message: detail } = failure;
  if (before === null) {
    deps.events.emit({ type: 'monitor.blinded', code, detail });
    return { sinceMs: nowMs, failures: 1, codes: [code], toldMs: nowMs };
  }
  const isDue = nowMs - before.toldMs >= REMIND_EVERY_MS || !before.codes.includes(code);
  if (isDue)
    deps.events.emit({ type: 'monitor.still_blind', code, detail, blindMs: Math.round(nowMs - before.sinceMs) });
  const codes = before.codes.includes(code) ? before.codes : [...before.codes, code];
  return { ...before, failures: before.failures + 1, codes, toldMs: isDue ? nowMs : before.toldMs };
}

/** The pause that a cycle's end leads to, before the time that the cycle itself took is taken off. */
function plannedPauseMs({ checkIntervalMs }: PollLoopDeps, blindness: Blindness | null): number {
  if (blindness === null) return checkIntervalMs;
  const longestMs = Math.max(LONGEST_BACKOFF_MS, checkIntervalMs);
  return Math.min(checkIntervalMs * 2 ** Math.min(blindness.failures - 1, 10), longestMs);
}

/** Jittered while blind, so that many monitors do not all return at once. */
function pauseMs(deps: PollLoopDeps, blindness: Blindness | null, spentMs: number): number {
  const plannedMs = plannedPauseMs(deps, blindness);
  return blindness === null ? Math.max(0, plannedMs - spentMs) : plannedMs * (0.5 + deps.random.fraction() / 2);
}
