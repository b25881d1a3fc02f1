/** Everything that outlives the monitor: found quickly by what stands out in it, and with a list of what was changed since it was stored. */
import type { ProcessId } from '../domain/alarm.js';
import { fromStored, storedProcess, toStored, wallTime, type Now } from '../domain/memory-conversion.js';
import { isBlank, type ProcessMemory } from '../domain/process-memory.js';
import { spend, withinWindow, type BudgetLimits, type RestartTimes } from '../domain/restart-budget.js';
import type { StateChanges, StoredProcess, StoredState } from '../domain/stored-state.js';
import type { StateView } from '../ports/state-store.js';

/** Longest window that the settings allow a budget: a memory whose restarts are older is blank. */
export const LONGEST_WINDOW_MS = 7 * 24 * 3600 * 1000;

/** What a cycle asks for by kind: so its cost goes by how many there are, not by how many processes are known. */
const KINDS = {
  /** A handling under way, or a write-back owed. */
  unsettled: ({ inFlight, owed }: ProcessMemory) => inFlight !== null || owed !== null,
  owing: ({ owed }: ProcessMemory) => owed !== null,
  /** Its breaker is open. */
  open: ({ breaker }: ProcessMemory) => breaker.kind === 'open',
  handled: ({ handledMs }: ProcessMemory) => handledMs !== null,
};
export type MemoryKind = keyof typeof KINDS;
/** `Object.keys` alone forgets which. */
const KIND_NAMES = Object.keys(KINDS) as readonly MemoryKind[];

/** Stored times are wall times: once the wall clock has moved against the other by more than this, all of them are wrong. */
const MOST_DRIFT_MS = 1000;

export interface RememberedDeps {
  /** Both clocks at this moment. */
  readonly now: () => Now;
  readonly hostBudget: BudgetLimits;
  readonly keyOf: (processId: ProcessId) => string;
}

export class Remembered implements StateView {
  hostBudget: BudgetLimits;
  readonly #deps: RememberedDeps;
  readonly #memories = new Map<ProcessId, ProcessMemory>();
  readonly #ids: Readonly<Record<MemoryKind, Set<ProcessId>>> = {
    unsettled: new Set(),
    owing: new Set(),
    open: new Set(),
    handled: new Set(),
  };
  #hostTimes: RestartTimes = [];
  readonly #changed = new Set<ProcessId>();
  #hostTimesAdded: number[] = [];
  /** Wall time less monotonic time, as of the last whole state; null: none was made yet, or the next one has to be whole. */
  #frameMs: number | null = null;

  constructor(deps: RememberedDeps) {
    this.#deps = deps;
    this.hostBudget = deps.hostBudget;
  }

  /** `idOf` null: the key of another host, left out. */
  restore(stored: StoredState, idOf: (key: string) => ProcessId | null): void {
    const memory = fromStored(stored, this.#deps.now());
    this.#hostTimes = memory.hostRestarts;
    for (const [key, each] of memory.processes) {
      const processId = idOf(key);
      if (processId !== null) this.set(processId, each);
    }
  }

  get(processId: ProcessId): ProcessMemory | null {
    return this.#memories.get(processId) ?? null;
  }

  /** null: forgets it. */
  set(processId: ProcessId, memory: ProcessMemory | null): void {
    if (memory === null) this.#memories.delete(processId);
    else this.#memories.set(processId, memory);
    for (const kind of KIND_NAMES) {
      if (memory !== null && KINDS[kind](memory)) this.#ids[kind].add(processId);
      else this.#ids[kind].delete(processId);
    }
    this.#changed.add(processId);
  }

  entries(): readonly (readonly [ProcessId, ProcessMemory])[] {
    return [...this.#memories];
  }

  /** As of now: later changes do not show in it. */
  idsOf(kind: MemoryKind): readonly ProcessId[] {
    return [...this.#ids[kind]];
  }

  get hostTimes(): RestartTimes {
    return this.#hostTimes;
  }

  spendOfHost(nowMs: number): void {
    this.#hostTimes = spend(this.#hostTimes, this.hostBudget, nowMs);
    this.#hostTimesAdded.push(nowMs);
  }

  /** The next look at it is at all of it. */
  askForWhole(): void {
    this.#frameMs = null;
  }

  whole(): StoredState {
    const now = this.#deps.now();
    const processes = new Map<string, ProcessMemory>();
    for (const [processId, memory] of this.#memories)
      if (!isBlank(memory, now.monotonicMs, LONGEST_WINDOW_MS)) processes.set(this.#deps.keyOf(processId), memory);
    this.#taken(now.wallMs - now.monotonicMs);
    return toStored({ processes, hostRestarts: withinWindow(this.#hostTimes, this.hostBudget, now.monotonicMs) }, now);
  }

  changes(): StateChanges | null {
    const now = this.#deps.now();
    if (this.#frameMs === null || Math.abs(now.wallMs - now.monotonicMs - this.#frameMs) > MOST_DRIFT_MS) return null;
    const wall = wallTime(now);
    const processes: Record<string, StoredProcess | null> = {};
    for (const processId of this.#changed) {
      const memory = this.get(processId);
      const isGone = memory === null || isBlank(memory, now.monotonicMs, LONGEST_WINDOW_MS);
      processes[this.#deps.keyOf(processId)] = isGone ? null : storedProcess(memory, wall);
    }
    const hostRestartsAtMs = this.#hostTimesAdded.map(wall);
    this.#taken(this.#frameMs);
    return { savedAtMs: now.wallMs, processes, hostRestartsAtMs };
  }

  #taken(frameMs: number): void {
    this.#frameMs = frameMs;
    this.#changed.clear();
    this.#hostTimesAdded = [];
  }
}
