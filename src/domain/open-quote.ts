/** Tells a shell line whose quotes do not pair, which no shell would run. */

/** Starts a piece of shell inside the line, with quotes of its own that cannot be followed from outside. */
const NESTED = /[`\n]|\$[({'"]|<</;
/** What a shell reads as one: what a backslash protects, what stands in quotes, any other character. */
const PIECE = /\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*"|[^'"]/y;
/** A word begins behind it; behind the same character protected by a backslash it goes on. */
const SEPARATOR = /^[\s;&|()]$/;

/**
 * The quote that is opened and never closed; null: they pair, or only the shell can tell.
 * Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting.
 */
export function openQuote(line: string): string | null {
  if (NESTED.test(line)) return null;
  PIECE.lastIndex = 0;
  let isWordBegin = true;
  for (let at = 0; at < line.length; at = PIECE.lastIndex) {
    // A comment to the end: its quotes need not pair.
    if (isWordBegin && line.charAt(at) === '#') return null;
    const piece = PIECE.exec(line)?.[0];
    if (piece === undefined) return line.charAt(at);
    isWordBegin = SEPARATOR.test(piece);
  }
  return null;
}
