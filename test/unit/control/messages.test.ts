/** What is read from the control socket, for any text at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseProved,
  parseQuestion,
  parseReply,
  parseRequest,
  questionText,
  replyText,
} from '../../../src/adapters/control/messages.js';
import { LONGEST_LINE_BYTES } from '../../../src/adapters/control/line-reader.js';
import { CONTROL_COMMANDS, REPLY_CODES } from '../../../src/ports/control-handler.js';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.json());

describe('any text', () => {
  it('is a message or none, and nothing is ever thrown', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const parse of [parseRequest, parseQuestion, parseReply, parseProved])
          expect(() => parse(text)).not.toThrow();
        const request = parseRequest(text);
        if (request !== null) expect(CONTROL_COMMANDS).toContain(request.command);
      }),
    );
  });

  it('survives as a target and a reason', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), (target, why) => {
        const request = { command: 'restart', target, why } as const;
        expect(parseRequest(JSON.stringify(request))).toEqual(request);
      }),
    );
  });

  it('makes a reply that fits into one line and is read again', () => {
    const long = fc.string({ unit: 'binary', maxLength: 30 }).map((part) => part.repeat(5000));
    fc.assert(
      fc.property(fc.oneof(fc.string(), long), fc.constantFrom(...REPLY_CODES), fc.boolean(), (text, code, ok) => {
        const line = replyText({ ok, code, text });
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LONGEST_LINE_BYTES);
        expect(line).not.toContain('\n');
        expect(parseReply(line)).toMatchObject({ ok, code });
      }),
      { numRuns: 50 },
    );
  });
});

describe('a question', () => {
  it('is read as it was asked', () => {
    const question = { nonce: '0123456789ab'.repeat(3), gid: 1500 };
    expect(parseQuestion(questionText(question))).toEqual(question);
  });

  it.each(['../../../../etc/cron.d/x', '', '.', 'a/b', '0'.repeat(35), '0'.repeat(37), `${'0'.repeat(35)}\u0000`])(
    'never names a place outside of the directory: %j',
    (prove) => {
      expect(parseQuestion(JSON.stringify({ prove, gid: null }))).toBe(null);
    },
  );

  it.each([-1, 1.5, '5', {}])('names a group by its number or none: %j', (gid) => {
    expect(parseQuestion(JSON.stringify({ prove: '0'.repeat(36), gid }))).toBe(null);
  });
});
