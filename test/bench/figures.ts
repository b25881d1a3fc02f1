/** What the parts of the benchmark measure, as data, and the arithmetic on it. */
import { setTimeout as sleep } from 'node:timers/promises';

/** One thing measured several times. */
export interface Figure {
  /** By which others name it: `storm-100.daemon`. */
  readonly id: string;
  /** What it is, for people. */
  readonly what: string;
  /** `ms`, `MB`, `bytes`, `×`, or what is counted. */
  readonly unit: string;
  /** At least one, in the order they were taken. */
  readonly samples: readonly number[];
  /** Id of the figure of the same run that this one is measured against; null: there is none. */
  readonly limit: string | null;
  /** null: for comparison only. */
  readonly aim: Aim | null;
}

/** `ratio`: of its median to its limit's median. `median`: in its own unit. */
export interface Aim {
  readonly of: 'ratio' | 'median';
  readonly atMost: number;
}

export interface Summary {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** A figure in short: `figure(id, what, unit, samples)`, then what it is held against. */
export function figure(
  [id, what]: readonly [id: string, what: string],
  unit: string,
  samples: readonly number[],
  against: { readonly limit?: string; readonly aim?: Aim } = {},
): Figure {
  if (samples.length === 0 || samples.some((sample) => !Number.isFinite(sample))) {
    throw new Error(`${id} was not measured: ${JSON.stringify(samples)}`);
  }
  return { id, what, unit, samples: samples.map(fourDigits), limit: against.limit ?? null, aim: against.aim ?? null };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}

export function summaryOf(samples: readonly number[]): Summary {
  return { least: Math.min(...samples), median: median(samples), most: Math.max(...samples) };
}

/** Ratio of the medians; null where it has no limit among `all`, or one of nothing. */
export function ratioOf(one: Figure, all: readonly Figure[]): number | null {
  const limit = all.find(({ id }) => id === one.limit);
  const bare = limit === undefined ? 0 : median(limit.samples);
  return bare === 0 ? null : median(one.samples) / bare;
}

/** null: nothing is aimed at, or it cannot be told for want of its limit. */
export function isMet(one: Figure, all: readonly Figure[]): boolean | null {
  if (one.aim === null) return null;
  const reached = one.aim.of === 'median' ? median(one.samples) : ratioOf(one, all);
  return reached === null ? null : reached <= one.aim.atMost;
}

/** Growth of `y` for each 1 of `x`: the straight line with the least squares through `[x, y]`. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const above = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  return above / mean(points.map(([x]) => (x - meanX) ** 2));
}

/** The id of the figure with the lowest median. */
export function best(figures: readonly Figure[]): string {
  const [first] = [...figures].sort((one, other) => median(one.samples) - median(other.samples));
  if (first === undefined) throw new Error('there is nothing to choose from');
  return first.id;
}

/** More than was ever measured exactly. */
function fourDigits(value: number): number {
  return Number(value.toPrecision(4));
}

export const pause = (ms: number): Promise<void> => sleep(ms);
