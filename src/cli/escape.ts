/** Makes text from the database, or from any other stranger, fit for a terminal: nothing in it acts, and its width is known. */

const UNSAFE_RANGES = '\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff';
const UNSAFE_TEXT = new RegExp(`[\\u0000-\\u001f${UNSAFE_RANGES}]|\\p{Surrogate}`, 'gu');
const UNSAFE_JSON = new RegExp(`[${UNSAFE_RANGES}]`, 'g');
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** One physical line: control characters, bidirectional marks and broken characters are written out. */
export function safeText(text: string): string {
  return text.replace(UNSAFE_TEXT, (character) => SHORT[character] ?? unicodeEscape(character));
}

/** JSON that says the same, with what JSON itself leaves alone written out too. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSAFE_JSON, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** East Asian wide characters and emoji. Source: Unicode Standard Annex 11. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|\ufe0f/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Columns that safe text takes on a terminal. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of SEGMENTER.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** At most so many columns; what is cut ends in `…`. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of SEGMENTER.segment(text)) {
    used += displayWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
