/** Words of a command line that a person copies into a shell. */

const PLAIN = /^[A-Za-z0-9:_.@/+=,-]+$/;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u;

/** Written so that a POSIX shell reads exactly `text`, whatever it holds. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * One command line; each word is quoted where it needs it. null: a word holds what a terminal would not show, so that
 * nobody could see what is copied.
 */
export function shellCommand(...words: readonly string[]): string | null {
  return words.some((word) => UNPRINTABLE.test(word)) ? null : words.map(shellWord).join(' ');
}
