/** What stands after `=`, or in a variable, as the text of a value. */
import { parse } from 'ini';
import type { Reading } from './value-types.js';

/** Only scalars lose a trailing comment, only scalars and texts lose quotes around the whole; the rest is data. */
export function readValue(raw: string, reading: Reading): string {
  switch (reading) {
    case 'scalar':
      return unquote(isWhollyQuoted(raw) ? raw : withoutComment(raw));
    case 'text':
      return unquote(raw);
    case 'verbatim':
    case 'secret':
      return raw;
  }
}

/** The text as it must be written to be read back as `value`. */
export function writeValue(value: string, reading: Reading): string {
  const needsQuotes = isWhollyQuoted(value) || value !== trimBlanks(value);
  if (reading !== 'text' || !needsQuotes) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

// One value at a time: given a whole file, ini nests dotted names, joins double sections and cuts commands at a `;`.
function withoutComment(raw: string): string {
  const { v: value } = parse(`v=${raw}`);
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : raw;
}

function unquote(text: string): string {
  return isWhollyQuoted(text) ? text.slice(1, -1) : text;
}

// `"a" and "b"` begins and ends with a quote, and is not one quoted text.
function isWhollyQuoted(text: string): boolean {
  const quote = text[0];
  return text.length >= 2 && (quote === '"' || quote === "'") && text.indexOf(quote, 1) === text.length - 1;
}

/** Without the spaces and tabs around it. */
// Not `trim`: a non-breaking space may belong to a password. Not a pattern: it is slow on a long run of blanks.
export function trimBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
