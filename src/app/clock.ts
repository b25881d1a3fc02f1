/** The machine's clock for the command line, which sees no adapters. */
import { SystemClock } from '../adapters/time/system-clock.js';
import type { Clock } from '../ports/clock.js';

export type { Clock };

export function createClock(): Clock {
  return new SystemClock();
}
