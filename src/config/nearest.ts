/** The known word that a misspelt one was probably meant to be. */

/** The nearest of `known`, or null where none is near: at most a third of the letters differ, in either case. */
export function nearest(word: string, known: Iterable<string>): string | null {
  const wanted = plain(word);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The same as words of a message, or null: `did you mean check_interval?` */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  const match = nearest(word, known);
  return match === null ? null : `did you mean ${match}?`;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-\s]/g, '_');
}

/** Insertions, deletions, replacements and swapped neighbours between two words; `limit` or more means "too far". */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let [beforeLast, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: readonly number[], column: number): number => row[column] ?? limit;
  for (let row = 0; row < a.length; row += 1) {
    const current = [row + 1];
    for (let column = 0; column < b.length; column += 1) {
      const replaced = at(last, column) + (a[row] === b[column] ? 0 : 1);
      const isSwap = row > 0 && column > 0 && a[row] === b[column - 1] && a[row - 1] === b[column];
      const swapped = isSwap ? at(beforeLast, column - 1) + 1 : limit;
      current.push(Math.min(replaced, at(last, column + 1) + 1, at(current, column) + 1, swapped));
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}
