/** Writes values into a unit file so that systemd reads exactly them. Source: systemd.syntax(7), systemd.service(5), "Command lines". */

/** Not told apart from what stands around it, or read as the end of the line. */
const UNFIT_RAW = /\p{Cc}|^\s|\s$|\\$|[\uD800-\uDFFF]/u;
const CONTROL = /\p{Cc}/gu;

/** One word of a list such as `Environment=`: in quotes, whatever it holds. */
export function quoted(text: string): string {
  const escaped = text.replaceAll(/[\\"]/g, '\\$&').replaceAll(CONTROL, asHex);
  return `"${withoutSpecifiers(escaped)}"`;
}

/** A command line of exact arguments. null: the path of the program cannot be written, because systemd would change it. */
export function execLine(file: string, args: readonly string[]): string | null {
  // In arguments a dollar sign is doubled; in the path itself nothing undoes that.
  if (!file.startsWith('/') || UNFIT_RAW.test(file) || file.includes('$')) return null;
  if (args.some((argument) => argument.includes('\0'))) return null;
  return [quoted(file), ...args.map((argument) => quoted(argument).replaceAll('$', '$$$$'))].join(' ');
}

/** A path that stands alone, where systemd knows no quotes; null: it cannot be written so. */
export function rawPath(path: string): string | null {
  return UNFIT_RAW.test(path) ? null : withoutSpecifiers(path);
}

/** Words for people: what a unit file cannot hold is replaced. */
export function plainWords(text: string): string {
  return withoutSpecifiers(text.replaceAll(/[\p{C}\\]/gu, '_')).trim();
}

function withoutSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A character of two bytes is two of these. */
function asHex(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
