/** Judges what several monitors of the same rows have done under stress. */
import type { ClaimerLine } from '../fixtures/owner-claimer.js';

/** One monitor's life. Times are monotonic milliseconds. */
export interface ClaimerLife {
  readonly lines: readonly ClaimerLine[];
  /** When it was killed; null: it ended by itself. */
  readonly killedAtMs: number | null;
  /** Spans in which it could not run. */
  readonly freezes: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** A fault that took the owner away, and when the next one was there. */
export interface Takeover {
  readonly fault: string;
  readonly ms: number;
}

export interface OwnerVerdict {
  readonly raises: number;
  readonly acts: number;
  /** Alarms that nobody ever acted on. */
  readonly lost: number;
  /** Two acts of two monitors at the same time, none of them frozen in it. */
  readonly atOnce: number;
  /** Acts on an alarm that somebody had cleared already. */
  readonly again: number;
  /** Acts that were broken off by a fault, and done once more by the next owner. */
  readonly repeated: number;
  /** Acts that went on after a freeze while the next owner was at work: no database can call those back. */
  readonly frozenInTheAct: number;
  /** Late writes that were refused. */
  readonly fenced: number;
}

interface Act {
  readonly claimer: number;
  readonly process: number;
  readonly raise: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly clearedAtMs: number | null;
  readonly wasFrozen: boolean;
}

export function judge(lives: readonly ClaimerLife[], raises: number): OwnerVerdict {
  const acts = lives.flatMap((life, claimer) => actsOf(life, claimer)).sort((a, b) => a.fromMs - b.fromMs);
  const overlaps = acts.flatMap((act, index) =>
    acts
      .slice(index + 1)
      .filter((other) => other.fromMs < act.toMs && other.claimer !== act.claimer)
      .map((other) => [act, other] as const),
  );
  const isFrozen = ([act, other]: readonly [Act, Act]): boolean => act.wasFrozen || other.wasFrozen;
  const byRaise = new Map<number, Act[]>();
  for (const act of acts) byRaise.set(act.raise, [...(byRaise.get(act.raise) ?? []), act]);
  const all = [...byRaise.values()];
  return {
    raises,
    acts: acts.length,
    lost: raises - byRaise.size,
    atOnce: overlaps.filter((pair) => !isFrozen(pair)).length,
    again: all.filter((same) =>
      same.some((act) => same.some((other) => other.clearedAtMs !== null && other.clearedAtMs < act.fromMs)),
    ).length,
    repeated: all.filter((same) => same.length > 1).length,
    frozenInTheAct: overlaps.filter((pair) => isFrozen(pair)).length,
    fenced: lives.flatMap(({ lines }) => lines).filter(({ kind }) => kind === 'fenced').length,
  };
}

function actsOf({ lines, killedAtMs, freezes }: ClaimerLife, claimer: number): readonly Act[] {
  return lines.flatMap((line, index): readonly Act[] => {
    if (line.kind !== 'begin') return [];
    const { process, raise, atMs: fromMs } = line;
    const later = lines.slice(index + 1);
    const next = (kind: 'end' | 'cleared'): number | null =>
      later.find((other) => other.kind === kind && other.process === process && other.raise === raise)?.atMs ?? null;
    const toMs = next('end') ?? killedAtMs ?? Number.POSITIVE_INFINITY;
    const wasFrozen = freezes.some((freeze) => freeze.fromMs <= toMs && freeze.toMs >= fromMs);
    return [{ claimer, process, raise, fromMs, toMs, clearedAtMs: next('cleared'), wasFrozen }];
  });
}

/** Prints the figures. */
export function tellStress(
  name: string,
  { takeovers, faults, ...counts }: OwnerVerdict & { readonly faults: object; readonly takeovers: readonly Takeover[] },
): void {
  console.log(`${name}: ${JSON.stringify({ ...counts, ...faults })}\n  ${takeoverTable(takeovers)}`);
}

/** `fault: how often, p50, longest`. */
function takeoverTable(takeovers: readonly Takeover[]): string {
  return [...new Set(takeovers.map(({ fault }) => fault))]
    .map((fault) => {
      const times = takeovers
        .filter((each) => each.fault === fault)
        .map(({ ms }) => ms)
        .sort((a, b) => a - b);
      const p50 = times[Math.floor(times.length / 2)] ?? 0;
      return `${fault}: ${times.length} times, p50 ${Math.round(p50)} ms, longest ${Math.round(times.at(-1) ?? 0)} ms`;
    })
    .join('; ');
}
