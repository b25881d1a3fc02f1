/** When: one cycle after another, at an even pace; blind while the source does not answer, careful after odd time. */
import { isOddTime, type CycleMoment } from '../domain/odd-time.js';
import type { SkipReason } from '../domain/verdict.js';
import type { EventSink } from '../ports/event-sink.js';
import { termOf, type OwnerState } from '../ports/ownership.js';
import type { Random } from '../ports/random.js';
import { StoreError } from '../ports/store-error.js';
import type { CycleMemory } from './cycle.js';
import { Pauses, type PauseDeps, type PauseKind } from './pauses.js';

export interface PollLoopDeps extends PauseDeps {
  readonly random: Random;
  readonly events: EventSink;
  /** Asked anew at each turn: both may change between two passes. */
  readonly pace: () => Pace;
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

/** What the loop remembers of who owned the rows. */
interface Owned {
  readonly told: OwnerState;
  /** When we looked as their owner for the last time; null: never. */
  readonly term: number | null;
}

const WON_BACK = 'taken anew since the last look: another one may have had the rows in between';
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
  let owned = firstOwned(deps);
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
    if (isTakenAnew(owned, owner)) lookFirst ??= { code: 'just_sighted' };
    owned = noteOwner(deps, owned, owner);
    if (owner.kind === 'standby') {
      deps.afterCycle({ isBlind: false, failure: null, owner });
      await pauses.wait({ kind: 'waiting', untilMs: nextLook(deps, null, now) });
      // However long that was, it was a wait for somebody else.
      moment = null;
      continue;
    }
    deps.beforeCycle();
    const care = lookFirst ?? startupHold(deps);
    // Without an answer we look, so that it is told what is wrong with the database, and do no more than that.
    const hold = care ?? (owner.kind === 'owner' ? null : { code: 'just_sighted' });
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
    const kind = pauseKind(blindness, care !== null || memory.brake === 'held', owner);
    await pauses.wait({ kind, untilMs: nextLook(deps, blindness, now) });
  }
}

/** Whoever owns the rows when it begins may act at its first look. */
function firstOwned({ owner }: PollLoopDeps): Owned {
  const state = owner.state();
  return { told: { kind: 'owner', term: 0 }, term: termOf(state) };
}

/** Another monitor may have had the rows since we looked at them as their owner, also where the loop has never seen it. */
function isTakenAnew({ term }: Owned, now: OwnerState): boolean {
  return now.kind === 'owner' && now.term !== term;
}

/** Told once per state, holder and term; the owner who has never been anything else is not worth a line. */
function noteOwner({ events }: PollLoopDeps, owned: Owned, now: OwnerState): Owned {
  const { told, term } = owned;
  const isWonBack = term !== null && isTakenAnew(owned, now);
  const isNew = isWonBack || told.kind !== now.kind || ownerText(told) !== ownerText(now);
  if (now.kind === 'unknown') return owned;
  if (isNew) events.emit({ type: 'ownership.changed', state: now.kind, detail: isWonBack ? WON_BACK : ownerText(now) });
  return { told: now, term: termOf(now) ?? term };
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

/** What holds restarts for one look holds them for the whole time to the next; after a look that failed the next one only looks anyway. */
function pauseKind(blindness: Blindness | null, isHeld: boolean, owner: OwnerState): PauseKind {
  if (blindness !== null) return 'waiting';
  if (isHeld) return 'held';
  return owner.kind === 'owner' ? 'free' : 'waiting';
}

/**
 * When it is due, after a look that began at `looked`. Where new settings change `check_interval` in the pause, it is as if they
 * had been in force since that look: a hold becomes as long as they say, and ends with them only where it has lasted that long.
 */
function nextLook(deps: PollLoopDeps, blindness: Blindness | null, looked: CycleMoment): () => number {
  if (blindness === null) return () => looked.monotonicMs + deps.pace().checkIntervalMs;
  // Jittered, so that many monitors do not all return at once.
  const untilMs = deps.clock.monotonicMs() + plannedPauseMs(deps, blindness) * (0.5 + deps.random.fraction() / 2);
  return () => untilMs;
}
