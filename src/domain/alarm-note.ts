/** The note that goes back with a cleared alarm: the operator's own text, our stamp behind it, cut to what the column holds. */

/** How much a notes column holds: VARCHAR counts characters (code points), TEXT counts bytes. */
export interface NoteLimit {
  readonly unit: 'characters' | 'bytes';
  readonly max: number;
}

const JOINT = ' - ';
/** Our stamps at the end of a note, however many the predecessor has strung together there. */
const OLD_STAMPS = /(?:(?:^| - )Restarted at \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})+\s*$/;
/** What we have put into a note at a claim, wherever it stands by now. */
const MARKS = / ?\[pm:[\w-]{1,8}\]/g;
const encoder = new TextEncoder();

/**
 * The note as it shall stand after a restart: `seen by Ana - Restarted at 2026-11-20 21:40:11`. Our older stamps go, the
 * rest stays, without our marks; where it does not fit, the head is cut first and the stamp last.
 */
export function composeNote(current: string | null, stamp: string, limit: NoteLimit): string {
  const head = headOf(current);
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

/** What a claim writes behind the note; plain ASCII. Example: `[pm:1a2b3c4d]` */
export function markOf(alarmId: string): string {
  return `[pm:${alarmId.slice(0, 8)}]`;
}

export function isMark(text: string): boolean {
  return text.replace(MARKS, '') === '' && text !== '';
}

export function hasMark(note: string | null, mark: string): boolean {
  return note?.includes(mark) ?? false;
}

/**
 * The note with this mark behind it in place of older ones: `seen by Ana [pm:1a2b3c4d]`. Where there is no room, our
 * stamps give way. null: a person's own words would have to be cut.
 */
export function withMark(note: string | null, mark: string, limit: NoteLimit): string | null {
  const marked = [withoutMarks(note ?? ''), headOf(note)].map((head) => (head === '' ? mark : `${head} ${mark}`));
  return marked.find((text) => sizeOf(text, limit.unit) <= limit.max) ?? null;
}

/** Takes our marks out, and nothing else. */
export function withoutMarks(note: string): string {
  return note.replace(MARKS, '');
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

/** A person's own words. */
function headOf(note: string | null): string {
  return withoutMarks(note ?? '').replace(OLD_STAMPS, '');
}

function sizeOf(text: string, unit: NoteLimit['unit']): number {
  return unit === 'bytes' ? encoder.encode(text).length : Array.from(text).length;
}
