/** How points in time and durations are written for people. */

interface Scale {
  readonly unit: string;
  readonly ms: number;
}

/** From large to small; each is followed by the unit that refines it. */
const SCALES: readonly Scale[] = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1000 },
];

/** Two units at most, rounded down: `120 ms`, `4.2 s`, `10 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. Never negative. */
export function durationText(ms: number): string {
  const wholeMs = Math.max(0, Math.floor(ms));
  if (wholeMs < 1000) return `${wholeMs} ms`;
  if (wholeMs < 10_000) return `${Math.floor(wholeMs / 100) / 10} s`;
  const first = SCALES.findIndex((scale) => wholeMs >= scale.ms);
  return SCALES.slice(first, first + 2)
    .map((scale, position) => ({
      unit: scale.unit,
      count: Math.floor((position === 0 ? wholeMs : wholeMs % (SCALES[first]?.ms ?? 1)) / scale.ms),
    }))
    .filter(({ count }) => count > 0)
    .map(({ unit, count }) => `${count} ${unit}`)
    .join(' ');
}

const FIELDS = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const;

// Sweden writes dates as ISO 8601 does; building a format is slow, using one is not.
const LOCAL = new Intl.DateTimeFormat('sv-SE', FIELDS);
const UTC = new Intl.DateTimeFormat('sv-SE', { ...FIELDS, timeZone: 'UTC' });

/** `2026-01-31 23:59:59` in the machine's time zone. `epochMs`: any whole or broken number of milliseconds. */
export function localTimeText(epochMs: number): string {
  return LOCAL.format(epochMs);
}

/** `2026-01-31T22:59:59.042Z`: UTC, as ISO 8601 has it. */
export function isoTimeText(epochMs: number): string {
  const wholeMs = Math.floor(epochMs);
  const fraction = String(((wholeMs % 1000) + 1000) % 1000).padStart(3, '0');
  return `${UTC.format(wholeMs).replace(' ', 'T')}.${fraction}Z`;
}
