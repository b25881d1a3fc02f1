/** The note that goes back with a cleared alarm: the operator's own text, our stamp behind it, cut to what the column holds. */

/** How much a notes column holds: VARCHAR counts characters (code points), TEXT counts bytes. */
export interface NoteLimit {
  readonly unit: 'characters' | 'bytes';
  readonly max: number;
}

const JOINT = ' - ';
/** Our stamps at the end of a note, however many the predecessor has strung together there. */
const OLD_STAMPS = /(?:(?:^| - )Restarted at \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})+\s*$/;
const encoder = new TextEncoder();

/**
 * The note as it shall stand after a restart: `seen by Ana - Restarted at 2026-11-20 21:40:11`. Our older stamps go, the
 * rest stays; where it does not fit, the head is cut first and the stamp last.
 */
export function composeNote(current: string | null, stamp: string, limit: NoteLimit): string {
  const head = (current ?? '').replace(OLD_STAMPS, '');
  const tail = JOINT + stamp;
  const kept = fitText(head, { ...limit, max: limit.max - sizeOf(tail, limit.unit) });
  return kept === '' ? fitText(stamp, limit) : kept + tail;
}

/** Nothing is cut: the column holds the note and the stamp behind it. */
export function fitsNote(current: string | null, stamp: string, limit: NoteLimit): boolean {
  return composeNote(current, stamp, limit) === composeNote(current, stamp, { ...limit, max: Infinity });
}

/** The note ends with exactly this stamp: it was written together with it. */
export function endsWithStamp(note: string | null, stamp: string): boolean {
  return note === stamp || (note?.endsWith(JOINT + stamp) ?? false);
}

/** The longest beginning of `text` within the limit; never half a character. */
export function fitText(text: string, limit: NoteLimit): string {
  if (sizeOf(text, limit.unit) <= limit.max) return text;
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += sizeOf(character, limit.unit);
    if (size > limit.max) break;
    kept += character;
  }
  return kept;
}

/** For a column whose character set cannot hold the text: letters lose their marks, anything else becomes `?`. */
export function foldToAscii(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7E]/gu, '?');
}

function sizeOf(text: string, unit: NoteLimit['unit']): number {
  return unit === 'bytes' ? encoder.encode(text).length : Array.from(text).length;
}
