/** Turns memory into what is stored and back: monotonic time to wall time, and the reverse with every wait clamped. */
import type { BreakerState } from './circuit-breaker.js';
import type { ProcessMemory } from './process-memory.js';
import { STATE_VERSION, type StoredBreaker, type StoredProcess, type StoredState } from './stored-state.js';

/** Both clocks, read at the same moment. */
export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** No stored wait may reach further into the future than this, whatever the clock was when it was written. */
const LONGEST_WAIT_MS = 7 * 24 * 3600 * 1000;

type Convert = (timeMs: number) => number;

export interface Memory {
  readonly processes: ReadonlyMap<string, ProcessMemory>;
  readonly hostRestarts: readonly number[];
}

/** `processes` by process key. */
export function toStored({ processes, hostRestarts }: Memory, now: Now): StoredState {
  const wall = wallTime(now);
  const stored: Record<string, StoredProcess> = {};
  for (const [key, memory] of processes) stored[key] = storedProcess(memory, wall);
  return {
    version: STATE_VERSION,
    savedAtMs: now.wallMs,
    processes: stored,
    hostRestartsAtMs: hostRestarts.map(wall),
  };
}

/** Turns monotonic times into wall times. */
export function wallTime(now: Now): Convert {
  return (monotonicMs) => Math.round(now.wallMs + (monotonicMs - now.monotonicMs));
}

/** One process as it is stored. */
export function storedProcess(memory: ProcessMemory, wall: Convert): StoredProcess {
  const { breaker, inFlight, owed, watch, refusal } = memory;
  return {
    processName: memory.processName,
    breaker: breaker.kind === 'open' ? { ...breaker, untilMs: wall(breaker.untilMs) } : breaker,
    restartsAtMs: memory.restarts.map(wall),
    inFlight: inFlight && {
      alarmId: inFlight.alarmId,
      startedAtMs: wall(inFlight.startedMs),
      deadlineAtMs: wall(inFlight.deadlineMs),
      attempt: inFlight.attempt,
      step: inFlight.step,
      stepEnded: inFlight.stepEnded,
      askedBy: inFlight.askedBy,
      before: inFlight.before,
      claim: inFlight.claim,
    },
    owed: owed && { ...owed, sinceMs: wall(owed.sinceMs) },
    watch: watch && { ...watch, untilMs: wall(watch.untilMs) },
    handledAtMs: memory.handledMs === null ? null : wall(memory.handledMs),
    refusal: refusal && { untilMs: wall(refusal.untilMs), detail: refusal.detail },
  };
}

/** What was past stays past, and no wait is longer than it was, even where the wall clock was set in between. */
export function fromStored(stored: StoredState, now: Now): Memory {
  const past = (wallMs: number): number => now.monotonicMs - Math.max(0, now.wallMs - wallMs);
  // No wait grows by being stored: a clock that was set back since would lengthen it.
  const savedOrNowMs = Math.max(stored.savedAtMs, now.wallMs);
  const future = (wallMs: number): number =>
    now.monotonicMs + Math.min(Math.max(0, wallMs - savedOrNowMs), LONGEST_WAIT_MS);
  const processes = new Map<string, ProcessMemory>();
  for (const [key, each] of Object.entries(stored.processes)) processes.set(key, memoryOf(each, past, future));
  return { processes, hostRestarts: stored.hostRestartsAtMs.map(past) };
}

function memoryOf(stored: StoredProcess, past: Convert, future: Convert): ProcessMemory {
  const { inFlight, owed, watch, refusal } = stored;
  return {
    processName: stored.processName,
    breaker: breakerOf(stored.breaker, future),
    restarts: stored.restartsAtMs.map(past),
    inFlight: inFlight && {
      alarmId: inFlight.alarmId,
      startedMs: past(inFlight.startedAtMs),
      deadlineMs: future(inFlight.deadlineAtMs),
      attempt: inFlight.attempt,
      step: inFlight.step,
      stepEnded: inFlight.stepEnded,
      askedBy: inFlight.askedBy,
      before: inFlight.before,
      claim: inFlight.claim,
    },
    owed: owed && { ...owed, sinceMs: past(owed.sinceMs) },
    watch: watch && { ...watch, untilMs: future(watch.untilMs) },
    handledMs: stored.handledAtMs === null ? null : past(stored.handledAtMs),
    refusal: refusal && { untilMs: future(refusal.untilMs), detail: refusal.detail },
  };
}

function breakerOf(stored: StoredBreaker, future: Convert): BreakerState {
  return stored.kind === 'open' ? { ...stored, untilMs: future(stored.untilMs) } : stored;
}
