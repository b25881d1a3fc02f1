/** Tells a shell line whose quotes do not pair, which no shell would run. */

/** Starts a piece of shell inside the line, with quotes of its own that cannot be followed from outside. */
const NESTED = /[`\n]|\$[({'"]|<</;
/** What a shell reads as one: what a backslash protects, what stands in quotes, a comment to the end, any other character. */
const PIECE = /\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*"|(?<![^\s;&|()])#.*$|[^'"]/y;

/**
 * The quote that is opened and never closed; null: they pair, or only the shell can tell.
 * Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting.
 */
export function openQuote(line: string): string | null {
  if (NESTED.test(line)) return null;
  PIECE.lastIndex = 0;
  let at = 0;
  while (at < line.length) {
    if (!PIECE.test(line)) return line.charAt(at);
    at = PIECE.lastIndex;
  }
  return null;
}
