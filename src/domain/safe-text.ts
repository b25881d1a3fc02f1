/** Makes a stranger's text fit to be shown: one physical line in which nothing acts on a terminal or a pager. */

/** DEL, C1, bidirectional marks, invisible and line separators: what JSON itself leaves as it is. */
const UNSAFE_RANGES = '\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff';
const UNSAFE_IN_TEXT = new RegExp(`[\\u0000-\\u001f${UNSAFE_RANGES}]|\\p{Surrogate}`, 'gu');
const UNSAFE_IN_JSON = new RegExp(`[${UNSAFE_RANGES}]`, 'g');
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** Looked for first, since hardly any text has them: what is neither ASCII nor printable. */
const UNUSUAL = /[^ -~]/;
/** The same, and the backslash, by which JSON writes out what it does not leave as it is. */
const UNUSUAL_IN_JSON = /[^ -[\]-~]/;

/** Control characters, bidirectional marks and broken characters are written out, for example `\n` and `\u202e`. */
export function safeText(text: string): string {
  if (!UNUSUAL.test(text)) return text;
  return text.replace(UNSAFE_IN_TEXT, (character) => SHORT_ESCAPES[character] ?? unicodeEscape(character));
}

/** `json`: JSON text. The result says the same, with what JSON leaves alone written out too. */
export function safeJsonText(json: string): string {
  if (!UNUSUAL.test(json)) return json;
  return json.replace(UNSAFE_IN_JSON, unicodeEscape);
}

/** `json`: JSON text. Nothing in it is or has to be written out: each text stands in it as it is, between its quotes. */
export function isPlainJson(json: string): boolean {
  return !UNUSUAL_IN_JSON.test(json);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
