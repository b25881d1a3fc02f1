/** The real clock, set forward at will: nobody waits a minute for what happens a minute later. */
import { SystemClock } from '../../src/adapters/time/system-clock.js';

/** Shifts what it says; whoever sleeps sleeps as long as before. */
export class ShiftedClock extends SystemClock {
  shiftMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.shiftMs;
  }
}
