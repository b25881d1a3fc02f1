/** Tells the loop of new alarms, once for many, so that it sees one mass alarm and not many small ones. */
import type { Clock } from '../ports/clock.js';

export interface GatheredNudgeDeps {
  readonly clock: Clock;
  /** More may be about to come. */
  readonly isBusy: () => boolean;
  readonly nudge: () => void;
}

/** After the last alarm of a batch. */
const GATHER_MS = 50;
const LONGEST_GATHERING_MS = 500;
const LOOK_EVERY_MS = 20;

export class GatheredNudge {
  readonly #deps: GatheredNudgeDeps;
  readonly #signal: AbortSignal;
  #gathering: Promise<void> | null = null;
  #lastMs = 0;

  constructor(deps: GatheredNudgeDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  soon(): void {
    this.#lastMs = this.#deps.clock.monotonicMs();
    this.#gathering ??= this.#gather();
  }

  /** After the signal: resolves when nothing of it runs any more. */
  async done(): Promise<void> {
    await this.#gathering;
  }

  async #gather(): Promise<void> {
    const { clock, isBusy, nudge } = this.#deps;
    const latestMs = clock.monotonicMs() + LONGEST_GATHERING_MS;
    while (!this.#signal.aborted && clock.monotonicMs() < latestMs) {
      const quietMs = this.#lastMs + GATHER_MS - clock.monotonicMs();
      if (quietMs <= 0 && !isBusy()) break;
      await clock.sleep(quietMs > 0 ? quietMs : LOOK_EVERY_MS, this.#signal);
    }
    this.#gathering = null;
    nudge();
  }
}
