/** Whatever happened to the file of changes: what was told to be saved, or words about the damage; never something else. */
import { describe, expect, it } from 'vitest';
import { changeLine, firstLine, parseChanges } from '../../../src/adapters/state/change-text.js';
import type { StateChanges } from '../../../src/domain/stored-state.js';
import { sampleState } from '../../contract/state-sample.js';

const SUM = 'a'.repeat(64);

function textOf(all: readonly StateChanges[]): string {
  let { line: text, sum } = firstLine(SUM);
  for (const changes of all) {
    const next = changeLine(sum, changes);
    text += next.line;
    sum = next.sum;
  }
  return text;
}

const changes = [1, 2, 3].map((failures): StateChanges => {
  const { savedAtMs, processes, hostRestartsAtMs } = sampleState(failures);
  return { savedAtMs, processes: { '42': processes['42'] ?? null, '43': null }, hostRestartsAtMs };
});
const all = Buffer.from(textOf(changes));
const parse = (bytes: Buffer) => parseChanges(bytes.toString('utf8'), SUM);

describe('parseChanges', () => {
  it('reads back what was written', () => {
    expect(parse(all)).toEqual({ ok: true, changes });
    expect(parse(Buffer.from(''))).toEqual({ ok: true, changes: [] });
  });

  it('leaves out what follows another whole', () => {
    expect(parseChanges(all.toString('utf8'), 'b'.repeat(64))).toEqual({ ok: true, changes: [] });
  });

  it('reads what is complete, wherever it is cut off', () => {
    const ends = [...all.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1);
    for (let length = 0; length <= all.length; length += 1) {
      const complete = Math.max(0, ends.filter((end) => end <= length).length - 1);
      expect(parse(all.subarray(0, length))).toEqual({ ok: true, changes: changes.slice(0, complete) });
    }
  });

  it.each([100, 5000])(
    'leaves out %i bytes that the file has grown by without their content when power failed',
    (size) => {
      expect(parse(Buffer.concat([all, Buffer.alloc(size)]))).toEqual({ ok: true, changes });
      expect(parse(Buffer.concat([all, Buffer.alloc(size), Buffer.from('\n')]))).toEqual({ ok: true, changes });
    },
  );

  it('finds every flipped bit, but for those of the last line break', () => {
    for (let position = 0; position < all.length - 1; position += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const damaged = Buffer.from(all);
        damaged[position] = (damaged[position] ?? 0) ^ (1 << bit);
        const isLastLineWithZero = damaged[position] === 0 && position > all.lastIndexOf(0x0a, -2);
        expect(parse(damaged).ok, `bit ${bit} of byte ${position}`).toBe(isLastLineWithZero);
      }
    }
  });

  it('finds lines that were left out or have changed places', () => {
    const [first = '', one = '', two = '', three = ''] = all.toString('utf8').split(/(?<=\n)/);
    for (const lines of [
      [first, two],
      [first, one, three],
      [first, two, one, three],
      [one, two],
    ])
      expect(parseChanges(lines.join(''), SUM).ok).toBe(false);
  });

  it('refuses what has the right sum over a wrong content', () => {
    const { line, sum } = firstLine(SUM);
    for (const content of [
      {},
      { savedAtMs: 1, processes: { '1': {} }, hostRestartsAtMs: [] },
      { ...changes[0], more: 1 },
    ])
      // Written as no program of ours would.
      expect(parseChanges(line + changeLine(sum, content as StateChanges).line, SUM).ok).toBe(false);
  });
});
