/** The wait from one look to the next: what ends it before its time, and what does not. */
import type { LoopPhase } from '../domain/loop-phase.js';
import type { Clock } from '../ports/clock.js';
import type { Ownership } from '../ports/ownership.js';

export interface PauseDeps {
  readonly clock: Clock;
  readonly owner: Ownership;
  /** Hears where the loop is, for whoever watches that it makes progress. */
  readonly onPhase: (phase: LoopPhase) => void;
  /** Called between two passes, before anything else is done in the next, or in a pause that goes on: the moment for new settings. */
  readonly betweenCycles: () => void;
  /** Aborted: there are new settings. Asked for at each pause, and anew whenever they are in force. */
  readonly wake: () => AbortSignal;
  /** Aborted: there are new alarms in the table. It ends the pause after a look that was free to act on what it found. */
  readonly nudge: () => AbortSignal;
}

/**
 * `free`: after a look that could act on what it found. `waiting`: after one that could not be made, or for want of ownership
 * alone was not acted on; new settings and ownership end it. `held`: the look held restarts for the whole time to the next
 * one, so nothing brings that forward; new settings are in force at once all the same.
 */
export type PauseKind = 'free' | 'waiting' | 'held';

export interface Pause {
  readonly kind: PauseKind;
  /** When the next look is due, monotonic milliseconds; asked again when new settings are in force. */
  readonly untilMs: () => number;
}

export class Pauses {
  readonly #deps: PauseDeps;
  readonly #draining: AbortSignal;
  /** Ends the wait under way; used again until it has ended one, for a new one each second costs more than the rest of the pause. */
  #over = new AbortController();

  constructor(deps: PauseDeps, draining: AbortSignal) {
    this.#deps = deps;
    this.#draining = draining;
  }

  /** Whoever brings new settings never waits for its end. */
  async wait(pause: Pause): Promise<void> {
    while ((await this.#rest(pause)) === 'woken' && pause.kind === 'held') this.#deps.betweenCycles();
  }

  async #rest({ kind, untilMs }: Pause): Promise<'woken' | 'over'> {
    const { clock, owner, onPhase, wake, nudge } = this.#deps;
    const waker = wake();
    const ends = kind === 'free' ? [waker, nudge(), this.#draining] : [waker, this.#draining];
    const dueMs = untilMs();
    onPhase({ kind: 'pause', untilMs: dueMs });
    if (this.#over.signal.aborted) this.#over = new AbortController();
    const over = this.#over;
    const before = owner.state().kind;
    // Listeners that are taken off again: AbortSignal.any keeps something of each pause for as long as its sources live.
    const end = (): void => over.abort('over');
    for (const signal of ends) signal.addEventListener('abort', end);
    if (ends.some(({ aborted }) => aborted)) end();
    // Taking over from another monitor must not wait for the next look.
    const changes = kind === 'held' || before === 'owner' ? [] : [owner.changed(over.signal)];
    const isChanged = changes.length > 0 && owner.state().kind !== before;
    const sleep = isChanged ? null : clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), over.signal);
    if (sleep !== null) await (changes.length === 0 ? sleep : Promise.race([...changes, sleep]));
    for (const signal of ends) signal.removeEventListener('abort', end);
    // Where nothing else was waited for, the sleep is over by itself.
    if (changes.length > 0) end();
    return waker.aborted && !this.#draining.aborted ? 'woken' : 'over';
  }
}
