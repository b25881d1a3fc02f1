/** A whole run as data, as it is kept in JSON, and as a table for the terminal. */
import { isMet, ratioOf, summaryOf, type Figure } from './figures.js';

export interface Report {
  /** Day of the run: 2026-11-21. */
  readonly day: string;
  readonly quick: boolean;
  readonly seconds: number;
  readonly machine: MachineFacts;
  readonly parts: readonly PartReport[];
}

/** Nothing that names the host. */
export interface MachineFacts {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly systemd: string;
  readonly mariadb: string;
  readonly node: string;
  /** Load average of a minute at the start: what else went on. */
  readonly load: number;
}

export interface PartReport {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** What was not measured, and why: `Monit: not installed`. */
  readonly notes: readonly string[];
}

export function allFigures({ parts }: Pick<Report, 'parts'>): readonly Figure[] {
  return parts.flatMap(({ figures }) => figures);
}

/** `20.3`, `1,234`, `0.07`: three digits that count. */
export function shown(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : Math.min(4, 2 - Math.floor(Math.log10(size)));
  return value.toLocaleString('en', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

/** Of one part: what, min / median / max, ratio, aim. */
export function terminalTable({ name, figures, notes }: PartReport): string {
  const widest = Math.max(...figures.map(({ what }) => what.length), 10);
  const rows = figures.map((each) => {
    const { least, median, most } = summaryOf(each.samples);
    const cells = [shown(least), shown(median), shown(most)].map((cell) => cell.padStart(9)).join('');
    return `  ${each.what.padEnd(widest)} ${cells} ${each.unit.padEnd(6)} ${ratioText(each, figures).padStart(7)}  ${aimText(each, figures)}`;
  });
  const told = notes.map((note) => `  ${note}`);
  return [`${name}: min, median, max, ratio to the limit`, ...rows, ...told].map((line) => line.trimEnd()).join('\n');
}

export function ratioText(one: Figure, all: readonly Figure[]): string {
  const ratio = ratioOf(one, all);
  return ratio === null ? '' : `${shown(ratio)} ×`;
}

/** `≤ 1.3 ×: met`; empty without an aim. */
export function aimText(one: Figure, all: readonly Figure[]): string {
  if (one.aim === null) return '';
  const verdicts = { true: 'met', false: 'missed', null: 'not measured' };
  const unit = one.aim.of === 'ratio' ? '×' : one.unit;
  return `≤ ${`${one.aim.atMost} ${unit}`.trim()}: ${verdicts[`${isMet(one, all)}`]}`;
}
