/** Keeps those who are refused again and again from filling the disk with it. */
import type { Clock } from '../ports/clock.js';

const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 30;

/** Whether a refusal is recorded; `note`: what to add about others that are not. */
export type Metered = { readonly isRecorded: false } | { readonly isRecorded: true; readonly note: string };

export class RefusalMeter {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #endsAtMs = -Infinity;
  #recorded = 0;
  #left = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** The last one that is recorded says that others follow, and the first one after them how many there were. */
  take(): Metered {
    const nowMs = this.#clock.monotonicMs();
    const left = this.#left;
    if (nowMs >= this.#endsAtMs) {
      this.#endsAtMs = nowMs + WINDOW_MS;
      this.#recorded = 0;
      this.#left = 0;
    }
    if (this.#recorded >= MOST_IN_WINDOW) {
      this.#left += 1;
      return { isRecorded: false };
    }
    this.#recorded += 1;
    if (this.#recorded === MOST_IN_WINDOW)
      return { isRecorded: true, note: ' (further ones within this minute are only counted)' };
    return { isRecorded: true, note: left > 0 && this.#left === 0 ? ` (${left} more were refused before)` : '' };
  }
}
