/** What the demo tells at its end. */
import { durationText } from '../../domain/time-text.js';
import type { Tally } from './story.js';

/** Two lines, the second only where an alarm was reset. */
export function summaryLines({ raised, reset, restarts, failures, waitsMs }: Tally): readonly string[] {
  const counts = `Summary: alarms raised ${raised}, reset ${reset}; restarts ${restarts}, of them failed ${failures}`;
  if (waitsMs.length === 0) return [counts];
  const sorted = [...waitsMs].sort((one, other) => one - other);
  const averageMs = waitsMs.reduce((sum, each) => sum + each, 0) / waitsMs.length;
  const shortest = durationText(sorted[0] ?? 0);
  const longest = durationText(sorted.at(-1) ?? 0);
  return [
    counts,
    `From alarm to reset: ${durationText(averageMs)} on average, ${shortest} at least, ${longest} at most`,
  ];
}
