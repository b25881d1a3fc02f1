/** When: one cycle after another, at an even pace; blind while the source does not answer, careful after odd time. */
import type { LoopPhase } from '../domain/loop-phase.js';
import { isOddTime, type CycleMoment } from '../domain/odd-time.js';
import type { SkipReason } from '../domain/verdict.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Ownership, OwnerState } from '../ports/ownership.js';
import type { Random } from '../ports/random.js';
import { StoreError } from '../ports/store-error.js';
import type { CycleMemory } from './cycle.js';

export interface PollLoopDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly owner: Ownership;
  /** Asked anew at each turn: both may change between two passes. */
  readonly pace: () => Pace;
  /** Hears where the loop is, for whoever watches that it makes progress. */
  readonly onPhase: (phase: LoopPhase) => void;
  /** Called between two passes, before anything else is done in the next: the moment for new settings. */
  readonly betweenCycles: () => void;
  /** Aborted: the pause ends at once. Asked for at each pause. */
  readonly wake: () => AbortSignal;
  /** Aborted: there are new alarms in the table. It ends the pause after a look that was free to act on what it found. */
  readonly nudge: () => AbortSignal;
  /** One pass; throws `StoreError` where the source does not answer. */
  readonly cycle: (memory: CycleMemory, hold: SkipReason | null) => Promise<CycleMemory>;
  /** Called before each pass, not waited for: pays what is owed. */
  readonly beforeCycle: () => void;
  /** Called after each pass, good or blind: the loop makes progress. */
  readonly afterCycle: (state: LoopState) => void;
}

/** How fast the loop goes; milliseconds. */
export interface Pace {
  readonly checkIntervalMs: number;
  readonly startupGraceMs: number;
}

export interface LoopState {
  readonly isBlind: boolean;
  /** What the last failure said; null: the source answers. */
  readonly failure: StoreError | null;
  /** Whether this monitor acts; while it does not, it does not look either. */
  readonly owner: OwnerState;
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
  let told: OwnerState = { kind: 'owner' };
  const pauses = new Pauses(deps, draining);
  while (!draining.aborted) {
    deps.betweenCycles();
    deps.onPhase({ kind: 'cycle', sinceMs: clock.monotonicMs() });
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
    const owner = deps.owner.state();
    told = tellOwner(deps, told, owner);
    // Without an answer we look, so that it is told what is wrong with the database, and do no more than that.
    if (owner.kind !== 'owner') lookFirst ??= { code: 'just_sighted' };
    if (owner.kind === 'standby') {
      deps.afterCycle({ isBlind: false, failure: null, owner });
      await pauses.wait({ ms: deps.pace().checkIntervalMs, mayBeNudged: false });
      // However long that was, it was a wait for somebody else.
      moment = null;
      continue;
    }
    deps.beforeCycle();
    const hold = lookFirst ?? startupHold(deps);
    const result = await tryCycle(deps, memory, hold, draining);
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
    deps.afterCycle({ isBlind: blindness !== null, failure: result instanceof StoreError ? result : null, owner });
    const ms = pauseMs(deps, blindness, clock.monotonicMs() - now.monotonicMs);
    // What holds restarts for one look holds them for the whole time to the next, whatever else fails meanwhile.
    const mayBeNudged = blindness === null && hold === null && memory.brake !== 'held';
    await pauses.wait({ ms, mayBeNudged });
  }
}

/** Once per state and holder; the sole owner of its rows, who has never been anything else, is not worth a line. */
function tellOwner({ events }: PollLoopDeps, told: OwnerState, now: OwnerState): OwnerState {
  if (now.kind === 'unknown' || (ownerText(told) === ownerText(now) && told.kind === now.kind)) return told;
  events.emit({ type: 'ownership.changed', state: now.kind, detail: ownerText(now) });
  return now;
}

/** Who acts, or what stands in the way. */
export function ownerText(state: OwnerState): string {
  switch (state.kind) {
    case 'owner':
      return '';
    case 'standby':
      return `${state.holder} holds the rows of this host`;
    case 'unsure':
    case 'unknown':
      return state.detail;
  }
}

interface Pause {
  readonly ms: number;
  readonly mayBeNudged: boolean;
}

class Pauses {
  readonly #deps: PollLoopDeps;
  readonly #draining: AbortSignal;
  /** Ends the wait under way; used again until it has ended one, for a new one each second costs more than the rest of the pause. */
  #over = new AbortController();

  constructor(deps: PollLoopDeps, draining: AbortSignal) {
    this.#deps = deps;
    this.#draining = draining;
  }

  /** New settings, and taking over from another monitor, must not wait for the next look. */
  async wait({ ms, mayBeNudged }: Pause): Promise<void> {
    const { clock, owner, onPhase, wake, nudge } = this.#deps;
    const wakers = mayBeNudged ? [wake(), nudge()] : [wake()];
    onPhase({ kind: 'pause', untilMs: clock.monotonicMs() + ms });
    if (this.#over.signal.aborted) this.#over = new AbortController();
    const over = this.#over;
    const before = owner.state().kind;
    // Listeners that are taken off again: AbortSignal.any keeps something of each pause for as long as its sources live.
    const end = (): void => over.abort('over');
    const signals = [...wakers, this.#draining];
    for (const signal of signals) signal.addEventListener('abort', end);
    if (signals.some(({ aborted }) => aborted)) end();
    const changes = before === 'owner' ? [] : [owner.changed(over.signal)];
    const isChanged = owner.state().kind !== before;
    const sleep = isChanged ? null : clock.sleep(ms, over.signal);
    if (sleep !== null) await (changes.length === 0 ? sleep : Promise.race([...changes, sleep]));
    for (const signal of signals) signal.removeEventListener('abort', end);
    // Where nothing else was waited for, the sleep is over by itself.
    if (changes.length > 0) end();
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

function startupHold({ clock, pace }: PollLoopDeps): SkipReason | null {
  const leftMs = pace().startupGraceMs - clock.monotonicMs();
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
function plannedPauseMs({ pace }: PollLoopDeps, blindness: Blindness | null): number {
  const { checkIntervalMs } = pace();
  if (blindness === null) return checkIntervalMs;
  const longestMs = Math.max(LONGEST_BACKOFF_MS, checkIntervalMs);
  return Math.min(checkIntervalMs * 2 ** Math.min(blindness.failures - 1, 10), longestMs);
}

/** Jittered while blind, so that many monitors do not all return at once. */
function pauseMs(deps: PollLoopDeps, blindness: Blindness | null, spentMs: number): number {
  const plannedMs = plannedPauseMs(deps, blindness);
  return blindness === null ? Math.max(0, plannedMs - spentMs) : plannedMs * (0.5 + deps.random.fraction() / 2);
}
