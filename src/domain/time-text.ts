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

// Built at the first need: that takes 10 ms and the tables of every language. Sweden writes dates as ISO 8601 does.
let local: Intl.DateTimeFormat | null = null;

/** `2026-01-31 23:59:59` in the machine's time zone. `epochMs`: any whole or broken number of milliseconds. */
export function localTimeText(epochMs: number): string {
  local ??= new Intl.DateTimeFormat('sv-SE', FIELDS);
  return local.format(epochMs);
}

/** The last second that was written, for the many lines that share it: `2026-01-31T22:59:59.`. */
let second = { epochS: 0, text: '1970-01-01T00:00:00.' };

/** `2026-01-31T22:59:59.042Z`: UTC, as ISO 8601 has it. */
export function isoTimeText(epochMs: number): string {
  const wholeMs = Math.floor(epochMs);
  const epochS = Math.floor(wholeMs / 1000);
  if (epochS !== second.epochS) second = { epochS, text: secondText(epochS) };
  return `${second.text}${digits(wholeMs - epochS * 1000, 3)}Z`;
}

function secondText(epochS: number): string {
  const days = Math.floor(epochS / DAY_S);
  const ofDay = epochS - days * DAY_S;
  const { year, month, day } = dateOf(days);
  const time = [ofDay / 3600, (ofDay / 60) % 60, ofDay % 60].map((each) => digits(each, 2)).join(':');
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${time}.`;
}

const DAY_S = 86_400;
/** From 1 March of the year 0, when the day that a year may have more is its last, to the epoch. */
const DAYS_TO_EPOCH = 719_468;
const [DAYS_IN_400_YEARS, DAYS_IN_100_YEARS, DAYS_IN_4_YEARS] = [146_097, 36_524, 1461] as const;

/** The date so many days after the epoch. Source: the Gregorian calendar. */
function dateOf(epochDays: number): { readonly year: number; readonly month: number; readonly day: number } {
  const days = epochDays + DAYS_TO_EPOCH;
  const era = Math.floor(days / DAYS_IN_400_YEARS);
  const ofEra = days - era * DAYS_IN_400_YEARS;
  const century = Math.min(3, Math.floor(ofEra / DAYS_IN_100_YEARS));
  const ofCentury = ofEra - century * DAYS_IN_100_YEARS;
  const olympiad = Math.floor(ofCentury / DAYS_IN_4_YEARS);
  const ofOlympiad = ofCentury - olympiad * DAYS_IN_4_YEARS;
  const yearOfFour = Math.min(3, Math.floor(ofOlympiad / 365));
  const ofYear = ofOlympiad - yearOfFour * 365;
  // From March on, months of 31 and 30 days take turns in fives: 153 days.
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const isNextYear = fromMarch > 9;
  return {
    year: era * 400 + century * 100 + olympiad * 4 + yearOfFour + (isNextYear ? 1 : 0),
    month: fromMarch + (isNextYear ? -9 : 3),
    day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

function digits(value: number, count: number): string {
  return String(Math.floor(value)).padStart(count, '0');
}
