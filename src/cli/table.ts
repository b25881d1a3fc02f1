/** Rows of text as aligned columns, cut to the terminal's width. */
import { safeText } from '../domain/safe-text.js';
import { cutToWidth, displayWidth } from './display-width.js';
import type { Meaning, Screen } from './screen.js';

/** A cell is any text; it is escaped here. */
export type Cell = string | { readonly text: string; readonly meaning: Meaning };

const GAP = '  ';
/** The last column is cut no further than to this. */
const NARROWEST = 12;

/** Nothing is printed where there are no rows. */
export function printTable(screen: Screen, headings: readonly string[], rows: readonly (readonly Cell[])[]): void {
  if (rows.length === 0) return;
  for (const line of renderTable(screen, headings, rows)) screen.line(line);
}

/** The headings, where there are any, and each row as one line, without blanks at its end. */
export function renderTable(
  { paint, width }: Pick<Screen, 'paint' | 'width'>,
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
): readonly string[] {
  const texts = rows.map((row) => row.map((cell) => safeText(typeof cell === 'string' ? cell : cell.text)));
  const widths = columnWidths([headings, ...texts], width);
  const heading = joinCells(headings, widths, (text) => (text === '' ? '' : paint('strong', text)));
  const lines = rows.map((row, index) =>
    joinCells(texts[index] ?? [], widths, (text, column) => {
      const cell = row[column];
      return typeof cell === 'object' ? paint(cell.meaning, text) : text;
    }),
  );
  return heading === '' ? lines : [heading, ...lines];
}

function columnWidths(rows: readonly (readonly string[])[], width: number | null): readonly number[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((text, column) => (widths[column] = Math.max(widths[column] ?? 0, displayWidth(text))));
  const last = widths.pop() ?? 0;
  if (width === null) return [...widths, last];
  const others = widths.reduce((sum, each) => sum + each + GAP.length, 0);
  return [...widths, Math.min(last, Math.max(width - others, NARROWEST))];
}

function joinCells(
  texts: readonly string[],
  widths: readonly number[],
  dress: (text: string, column: number) => string,
): string {
  const cells = texts.map((text, column) => {
    const width = widths[column] ?? 0;
    const shown = cutToWidth(text, width);
    const isLast = column === texts.length - 1;
    const padding = isLast ? '' : ' '.repeat(width - displayWidth(shown));
    return `${dress(shown, column)}${padding}`;
  });
  return cells.join(GAP).trimEnd();
}
