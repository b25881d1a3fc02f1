/** The short way of a line that needs no cleaning writes what the long way would. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cleaner } from '../../../src/adapters/log/clean.js';
import { lineComposer } from '../../../src/adapters/log/compose-line.js';
import { colouredLine, journalLine, textLine, type WrittenLine } from '../../../src/adapters/log/line-text.js';
import { LINE_LEVELS } from '../../../src/adapters/log/log-line.js';
import { safeJsonText } from '../../../src/domain/safe-text.js';

const SECRETS = ['s3cr3t-value', 'pa"ss'];
const EPOCH_MS = Date.UTC(2026, 0, 31, 22, 59, 59, 42);

/** Mostly what lines are made of, now and then what asks for care. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('sshd', 'active (running)', 'it’s', "it's", '', ' ', '42') },
  { weight: 1, arbitrary: fc.constantFrom('a=b', '--token=x', 'mysql://u:p@host', 'x'.repeat(2049), '%s', '"', '\\') },
  { weight: 1, arbitrary: fc.constantFrom(...SECRETS, '\n', '\u007f', '\u202e', 'ș', '😀', '[redacted]') },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.string({ unit: 'grapheme' }), fc.constantFrom(...SECRETS, '=')).map((two) => two.join('')),
  },
);
const value = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.constantFrom(null, undefined)) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.array(text),
      fc.dictionary(text, text),
      fc.bigInt(),
      fc.constant(() => 1),
    ),
  },
);
const key = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('event', 'processName', 'durationMs', 'dbPassword', 'level', '7', '__proto__'),
  },
  { weight: 1, arbitrary: text },
);
const fields = fc.array(fc.tuple(key, value), { maxLength: 8 }).map((entries) => Object.fromEntries(entries));

describe('a composed line', () => {
  it('says as JSON and as text what cleaning each of its parts says, whichever way it took', () => {
    const cleaner = new Cleaner(SECRETS);
    const compose = lineComposer('srv-01', cleaner);
    let quick = 0;
    fc.assert(
      fc.property(fc.constantFrom(...LINE_LEVELS), text, fields, (level, message, facts) => {
        const line = compose({ level, message, fields: facts }, EPOCH_MS);
        const cleaned = { message: cleaner.text(message), fields: cleaner.fields(facts) };
        expect(line.json).toBe(jsonOf(level, cleaned));
        const careful: WrittenLine = { ...line, ...cleaned, isPlain: false };
        expect(journalLine(line)).toBe(journalLine(careful));
        expect(textLine(line)).toBe(textLine(careful));
        expect(colouredLine(line)).toBe(colouredLine(careful));
        quick += line.isPlain ? 1 : 0;
      }),
      { numRuns: 2000 },
    );
    expect(quick).toBeGreaterThan(100);
    expect(quick).toBeLessThan(1900);
  });

  it('holds no secret that was told only after its key, or a text with it, had been written', () => {
    const cleaner = new Cleaner([]);
    const compose = lineComposer('srv-01', cleaner);
    const line = { level: 'info', message: 'of later-secret', fields: { 'later-secret': 'is later-secret' } } as const;
    expect(compose(line, EPOCH_MS).json).toContain('later-secret');
    cleaner.hide(['later-secret']);
    const written = compose(line, EPOCH_MS);
    expect(`${written.json} ${journalLine(written)}`).not.toContain('later-secret');
  });

  it('has its keys as they should be, also beyond those that are kept in mind', () => {
    const compose = lineComposer('srv-01', new Cleaner([]));
    for (let n = 0; n < 2000; n += 1) {
      const written = compose({ level: 'info', message: 'x', fields: { [`key ${n}`]: n, [`token${n}`]: n } }, EPOCH_MS);
      expect(written.fields).toEqual({ [`key_${n}`]: n, [`token${n}`]: '[redacted]' });
    }
  });

  it('holds a broken character in a fact as it is', () => {
    const { json } = lineComposer('srv-01', new Cleaner([]))(
      { level: 'info', message: 'x', fields: { processName: 'a\ud800' } },
      EPOCH_MS,
    );
    expect(json).toContain('"a\\ud800"');
  });
});

function jsonOf(level: string, { message, fields }: Pick<WrittenLine, 'message' | 'fields'>): string {
  const head = {
    level,
    timestamp: '2026-01-31T22:59:59.042Z',
    service: 'process-monitor',
    host: 'srv-01',
    pid: process.pid,
  };
  const [start, facts, end] = [head, fields, { message }].map((part) => JSON.stringify(part).slice(1, -1));
  return safeJsonText(`{${[start, facts, end].filter((part) => part !== '').join(',')}}`);
}
