/** The one line of progress below the story, on a terminal. */
import type { Clock } from '../../ports/clock.js';
import type { Screen } from './screen.js';
import type { Story } from './story.js';

interface ProgressOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly story: Story;
  /** Monotonic milliseconds; null: no end is set. */
  readonly endsMs: number | null;
  readonly signal: AbortSignal;
}

const REFRESH_MS = 250;

/** Resolves when the signal ends it. */
export async function showProgress({ screen, clock, story, endsMs, signal }: ProgressOptions): Promise<void> {
  do {
    const { raised, reset } = story.tally;
    const alarms = `alarms ${raised}, reset ${reset}`;
    const inAlarm = story.inAlarm.length === 0 ? 'all is well' : `in alarm: ${story.inAlarm.join(', ')}`;
    screen.progress(`${timeText(endsMs, clock)} | ${alarms} | ${inAlarm}`);
  } while ((await clock.sleep(REFRESH_MS, signal)) === 'elapsed');
}

function timeText(endsMs: number | null, clock: Clock): string {
  if (endsMs === null) return 'Ctrl-C ends the demo';
  return `Demo ends in ${Math.max(0, Math.ceil((endsMs - clock.monotonicMs()) / 1000))} seconds`;
}
