/** Rows on a terminal: aligned, cut, and harmless whatever the database holds. */
import { describe, expect, it } from 'vitest';
import { safeJsonText, safeText } from '../../../src/domain/safe-text.js';
import { cutToWidth, displayWidth } from '../../../src/cli/display-width.js';
import { createScreen, type Streams } from '../../../src/cli/screen.js';
import { renderTable } from '../../../src/cli/table.js';

const plain = { paint: (_: string, text: string) => text, width: null };

describe('text from strangers', () => {
  it.each([
    ['a line end', 'a\nb', 'a\\nb'],
    ['a colour', '\u001b[31mred', '\\e[31mred'],
    ['a C1 control', 'a\u009bb', 'a\\u009bb'],
    ['a mark that turns the direction', 'a\u202eb', 'a\\u202eb'],
    ['half a character', 'a\ud800b', 'a\\ud800b'],
    ['letters with marks', 'pornește ăîâșț', 'pornește ăîâșț'],
  ])('shows %s without obeying it', (_, raw, shown) => {
    expect(safeText(raw)).toBe(shown);
  });

  it('keeps JSON readable as JSON and harmless on a terminal', () => {
    const value = { notes: 'a\u001b\u009b\u202e\u2028' };
    const json = safeJsonText(JSON.stringify(value, null, 2));
    expect(JSON.parse(json)).toEqual(value);
    expect(json).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['ăîș', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👍🏽', 2],
    ['', 0],
  ])('takes "%s" for %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('never cuts through a character', () => {
    expect(cutToWidth('日本語', 5)).toBe('日本…');
    expect(cutToWidth('short', 5)).toBe('short');
    expect(cutToWidth('longer', 5)).toBe('long…');
  });

  it('aligns by what is seen, not by what is counted', () => {
    const lines = renderTable(
      plain,
      ['ID', 'NAME', 'STATE'],
      [
        ['1', '日本', 'ok'],
        ['22', 'x\u0007', 'ok'],
      ],
    );
    expect(lines).toEqual(['ID  NAME     STATE', '1   日本     ok', '22  x\\u0007  ok']);
  });

  it('cuts the last column to the terminal and nothing where there is none', () => {
    const rows = [['1', 'a note that is far too long for it']];
    expect(renderTable({ ...plain, width: 20 }, ['ID', 'NOTES'], rows)[1]).toBe('1   a note that is …');
    expect(renderTable(plain, ['ID', 'NOTES'], rows)[1]).toBe('1   a note that is far too long for it');
  });

  it('prints no line for headings that are all empty', () => {
    expect(renderTable(plain, ['', ''], [['a', 'b']])).toEqual(['a  b']);
  });
});

describe('the screen', () => {
  const streams = (isTTY: boolean): Streams => ({
    stdout: { isTTY, columns: 100, write: () => true },
    stderr: { write: () => true },
  });

  it('colours on a terminal only, and not where NO_COLOR asks it not to', () => {
    expect(createScreen(streams(true), {}).paint('bad', 'x')).toBe('\u001b[31mx\u001b[0m');
    expect(createScreen(streams(true), { NO_COLOR: '1' }).paint('bad', 'x')).toBe('x');
    expect(createScreen(streams(true), { TERM: 'dumb' }).paint('bad', 'x')).toBe('x');
    expect(createScreen(streams(true), { TERM: 'dumb' }).paint('bad', 'x')).toBe('x');
    expect(createScreen(streams(false), {}).paint('bad', 'x')).toBe('x');
  });

  it('knows a width on a terminal only', () => {
    expect(createScreen(streams(true), {}).width).toBe(100);
    expect(createScreen(streams(false), {}).width).toBeNull();
  });
});
