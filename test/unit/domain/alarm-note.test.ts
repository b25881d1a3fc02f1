/** What becomes of an operator's note when an alarm is cleared. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  composeNote,
  endsWithStamp,
  fitText,
  foldToAscii,
  hasMark,
  markOf,
  withMark,
  withoutMarks,
  type NoteLimit,
} from '../../../src/domain/alarm-note.js';

const STAMP = 'Restarted at 2026-11-20 21:40:11';
const OLD = 'Restarted at 2026-11-19 08:00:00';
const WIDE: NoteLimit = { unit: 'characters', max: 1000 };

function characters(max: number): NoteLimit {
  return { unit: 'characters', max };
}

function bytes(max: number): NoteLimit {
  return { unit: 'bytes', max };
}

describe('composeNote', () => {
  it.each([
    { rule: 'puts the stamp alone where there is no note', before: null, limit: WIDE, after: STAMP },
    { rule: 'puts the stamp alone where the note is empty', before: '', limit: WIDE, after: STAMP },
    { rule: 'joins text and stamp', before: 'seen by Ana', limit: WIDE, after: `seen by Ana - ${STAMP}` },
    { rule: 'replaces our last stamp', before: `seen - ${OLD}`, limit: WIDE, after: `seen - ${STAMP}` },
    { rule: 'replaces a stamp that stands alone', before: OLD, limit: WIDE, after: STAMP },
    {
      rule: 'replaces all the stamps that the predecessor strung together',
      before: `seen - ${OLD} - ${OLD} - ${OLD}`,
      limit: WIDE,
      after: `seen - ${STAMP}`,
    },
    {
      rule: 'keeps a stamp that somebody has written on behind',
      before: `${OLD}; asked the vendor`,
      limit: WIDE,
      after: `${OLD}; asked the vendor - ${STAMP}`,
    },
    {
      rule: 'keeps words that only look like a stamp',
      before: 'Restarted at noon',
      limit: WIDE,
      after: `Restarted at noon - ${STAMP}`,
    },
    { rule: 'takes our mark out', before: `seen [pm:1a2b3c4d]`, limit: WIDE, after: `seen - ${STAMP}` },
    { rule: 'takes out a mark that stands alone', before: '[pm:1a2b3c4d]', limit: WIDE, after: STAMP },
    {
      rule: 'takes a mark out from among words, and the stamp before it too',
      before: `seen - ${OLD} [pm:1a2b3c4d]`,
      limit: WIDE,
      after: `seen - ${STAMP}`,
    },
    {
      rule: 'keeps what a person wrote behind a mark',
      before: 'seen [pm:1a2b3c4d] by Ana',
      limit: WIDE,
      after: `seen by Ana - ${STAMP}`,
    },
    { rule: 'cuts the head first', before: 'abcdef', limit: characters(38), after: `abc - ${STAMP}` },
    { rule: 'leaves the joint away with the last of the head', before: 'abc', limit: characters(35), after: STAMP },
    { rule: 'cuts the stamp last', before: 'abc', limit: characters(9), after: 'Restarted' },
    { rule: 'leaves nothing in a column that holds nothing', before: 'abc', limit: characters(0), after: '' },
    { rule: 'counts an emoji as one character', before: '🙂🙂🙂', limit: characters(37), after: `🙂🙂 - ${STAMP}` },
    { rule: 'counts the bytes of TEXT', before: 'șșș', limit: bytes(39), after: `șș - ${STAMP}` },
    { rule: 'never writes half an emoji', before: '🙂🙂', limit: bytes(42), after: `🙂 - ${STAMP}` },
  ])('$rule', ({ before, limit, after }) => {
    expect(composeNote(before, STAMP, limit)).toBe(after);
  });

  it('fits and ends with the stamp whatever the note, and is the same when composed again', () => {
    const limits = fc.oneof(
      fc.integer({ min: 32, max: 120 }).map(characters),
      fc.integer({ min: 32, max: 120 }).map(bytes),
    );
    const notes = fc.string({ unit: 'grapheme', maxLength: 150 });
    fc.assert(
      fc.property(notes, limits, (note, limit) => {
        const once = composeNote(note, STAMP, limit);
        const size = limit.unit === 'bytes' ? Buffer.byteLength(once) : Array.from(once).length;
        expect(size).toBeLessThanOrEqual(limit.max);
        expect(endsWithStamp(once, STAMP)).toBe(true);
        expect(composeNote(once, STAMP, limit)).toBe(once);
      }),
    );
  });
});

describe('endsWithStamp', () => {
  it('knows this very stamp, alone or behind a text, and no other', () => {
    expect(endsWithStamp(STAMP, STAMP)).toBe(true);
    expect(endsWithStamp(`seen - ${STAMP}`, STAMP)).toBe(true);
    expect(endsWithStamp(`seen - ${OLD}`, STAMP)).toBe(false);
    expect(endsWithStamp(`seen ${STAMP}`, STAMP)).toBe(false);
    expect(endsWithStamp(null, STAMP)).toBe(false);
  });
});

describe('fitText', () => {
  it('leaves a text that fits, also without a limit', () => {
    expect(fitText('abc', characters(3))).toBe('abc');
    expect(fitText('abc', characters(Infinity))).toBe('abc');
    expect(fitText('abc', characters(-1))).toBe('');
  });
});

describe('foldToAscii', () => {
  it('takes the marks off letters and puts ? for the rest', () => {
    expect(foldToAscii('Repornit în 3 s: ș ț Ă 🙂 日')).toBe('Repornit in 3 s: s t A ? ?');
  });
});

describe('a mark in a note', () => {
  const MARK = '[pm:1a2b3c4d]';

  it('holds the first eight characters of the handling, in plain ASCII', () => {
    expect(markOf('1a2b3c4d5e6f')).toBe(MARK);
    expect(foldToAscii(MARK)).toBe(MARK);
  });

  it.each([
    { rule: 'stands alone where there is no note', before: null, limit: WIDE, after: MARK },
    { rule: 'stands alone where the note is empty', before: '', limit: WIDE, after: MARK },
    { rule: 'stands behind the note', before: 'seen by Ana', limit: WIDE, after: `seen by Ana ${MARK}` },
    { rule: 'stands behind our stamp', before: `seen - ${OLD}`, limit: WIDE, after: `seen - ${OLD} ${MARK}` },
    { rule: 'replaces older marks', before: 'seen [pm:99999999]', limit: WIDE, after: `seen ${MARK}` },
    { rule: 'is there once', before: `seen ${MARK}`, limit: WIDE, after: `seen ${MARK}` },
    { rule: 'takes the last of the room', before: 'abcd', limit: characters(18), after: `abcd ${MARK}` },
    { rule: 'takes the room of our stamp', before: `ab - ${OLD}`, limit: characters(40), after: `ab ${MARK}` },
    { rule: 'never cuts a person’s words', before: 'abcd', limit: characters(17), after: null },
    { rule: 'counts the bytes of TEXT', before: 'șș', limit: bytes(17), after: null },
    { rule: 'has no room in a column that holds less than it', before: null, limit: characters(12), after: null },
  ])('$rule', ({ before, limit, after }) => {
    expect(withMark(before, MARK, limit)).toBe(after);
  });

  it('is found wherever it stands, and is nobody else’s', () => {
    expect(hasMark(`x ${MARK} y`, MARK)).toBe(true);
    expect(hasMark('x [pm:99999999]', MARK)).toBe(false);
    expect(hasMark(null, MARK)).toBe(false);
  });

  it('goes without taking anything with it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (note) => {
        expect(withoutMarks(withMark(note, MARK, WIDE) ?? '')).toBe(note);
      }),
    );
  });
});
