/** The end of an output, whole characters only. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutputTail } from '../../../src/adapters/exec/output-tail.js';

describe('createOutputTail', () => {
  it('gives back a short text whatever pieces it comes in', () => {
    const cuts = fc.array(fc.nat({ max: 200 }));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), cuts, (text, at) => {
        const tail = createOutputTail(10_000);
        const write = tail.stream();
        for (const piece of pieces(Buffer.from(text), at)) write(piece);
        expect(tail.text()).toBe(text);
      }),
    );
  });

  it('keeps the end of a long text, cut between characters, within the limit', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 50 }), fc.array(fc.nat({ max: 900 })), (long, limit, at) => {
        const tail = createOutputTail(limit);
        const write = tail.stream();
        for (const piece of pieces(Buffer.from(long), at)) write(piece);
        const kept = tail.text();
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(limit);
        expect(Buffer.byteLength(kept)).toBeGreaterThan(Math.min(Buffer.byteLength(long), limit) - 4);
        expect(Buffer.from(long).toString().endsWith(kept)).toBe(true);
      }),
    );
  });

  it('does not mix the characters of two streams', () => {
    const tail = createOutputTail(100);
    const [out, err] = [tail.stream(), tail.stream()];
    const [first, last] = [Buffer.from('ș').subarray(0, 1), Buffer.from('ș').subarray(1)];
    out(first);
    err(Buffer.from('ț'));
    out(last);
    expect(tail.text()).toBe('țș');
  });

  it('keeps what is left of a character that never came to its end', () => {
    const tail = createOutputTail(100);
    tail.stream()(Buffer.from([0x61, 0xe2, 0x82]));
    expect(tail.text()).toBe('a\ufffd');
  });

  it('takes bytes that are no text as they come', () => {
    const tail = createOutputTail(8);
    tail.stream()(Buffer.alloc(100, 0x80));
    expect(tail.text()).toBe('\ufffd'.repeat(8));
  });
});

function pieces(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const borders = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}
