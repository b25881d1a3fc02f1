/** Values survive the wire, and no bytes whatever do worse than be refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, MessageSplitter } from '../../../src/adapters/systemd/dbus/message.js';
import { parseSignature, WireError } from '../../../src/adapters/systemd/dbus/signature.js';
import { KeySet } from '../../../src/adapters/systemd/dbus/key-set.js';
import { WireReader } from '../../../src/adapters/systemd/dbus/wire-reader.js';
import type { WireValue } from '../../../src/adapters/systemd/dbus/wire-writer.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property-runs.js';

interface Typed {
  readonly signature: string;
  readonly value: WireValue;
}

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
const typed = (signature: string, values: fc.Arbitrary<WireValue>): fc.Arbitrary<Typed> =>
  values.map((value) => ({ signature, value }));

const basic = fc.oneof(
  typed('y', fc.integer({ min: 0, max: 255 })),
  typed('b', fc.boolean()),
  typed('n', fc.integer({ min: -32_768, max: 32_767 })),
  typed('q', fc.integer({ min: 0, max: 65_535 })),
  typed('i', fc.integer()),
  typed('u', fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  typed('x', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  typed('t', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  typed('d', fc.double({ noNaN: true })),
  typed('s', text),
  typed('o', fc.constantFrom('/', '/org/freedesktop/systemd1/unit/a_2eservice')),
  typed('g', fc.constantFrom('', 's', 'a{sv}', '(uo)', 'aas')),
);

const anything = fc.letrec<{
  value: Typed;
  list: Typed;
  struct: Typed;
  variant: Typed;
  bytes: Typed;
  dictionary: Typed;
}>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    basic,
    tie('bytes'),
    tie('list'),
    tie('struct'),
    tie('variant'),
    tie('dictionary'),
  ),
  bytes: typed('ay', fc.uint8Array({ maxLength: 40 })),
  list: fc.tuple(tie('value'), fc.nat(3)).map(([{ signature, value }, length]) => ({
    // A list of bytes is `bytes`.
    signature: `a${signature === 'y' ? 'u' : signature}`,
    value: signature === 'y' ? [] : Array.from({ length }, () => value),
  })),
  struct: fc.array(tie('value'), { minLength: 1, maxLength: 4 }).map((fields) => ({
    signature: `(${fields.map(({ signature }) => signature).join('')})`,
    value: fields.map(({ value }) => value),
  })),
  variant: tie('value').map((value) => ({ signature: 'v', value })),
  dictionary: fc.array(fc.tuple(text, tie('variant')), { maxLength: 4 }).map((entries) => ({
    signature: 'a{sv}',
    value: entries.map(([key, { value }]) => [key, value]),
  })),
})).value;

const SERIAL = fc.integer({ min: 1, max: 2 ** 32 - 1 });

describe('messages', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  it('come back as they were sent', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 4 }), SERIAL, (values, serial) => {
        const signature = values.map((each) => each.signature).join('');
        fc.pre(signature.length <= 255);
        const body = values.map(({ value }) => value);
        const fields = { path: '/a', member: 'Do', destination: 'x.y', replySerial: 7, signature };
        const message = decodeMessage(encodeMessage({ type: 'call', serial, fields, body }));
        expect(message).toMatchObject({ type: 'call', serial, fields });
        expect(message.read().values(signature)).toEqual(body);
        // What is passed over ends at the same byte as what is read.
        const [reader, skipper] = [message.read(), message.read()];
        for (const type of parseSignature(signature)) {
          reader.value(type);
          skipper.skip(type);
          expect(skipper.position).toBe(reader.position);
        }
      }),
      runs(200),
    );
  });

  it('are found in a stream however it is cut', () => {
    const one = fc.tuple(
      SERIAL,
      anything.filter(({ signature }) => signature.length <= 255),
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), cuts, (messages, sizes) => {
        const stream = Buffer.concat(
          messages.map(([serial, { signature, value }]) =>
            encodeMessage({ type: 'signal', serial, fields: { path: '/', signature }, body: [value] }),
          ),
        );
        const splitter = new MessageSplitter();
        const found: number[] = [];
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const size = sizes[cut % sizes.length] ?? 1;
          found.push(...splitter.push(stream.subarray(at, at + size)).map(({ serial }) => serial));
          at += size;
        }
        expect(found).toEqual(messages.map(([serial]) => serial));
      }),
      runs(100),
    );
  });

  it('that are garbage, or were damaged on the way, are refused and nothing worse', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    const read = (bytes: Buffer): void => {
      for (const message of new MessageSplitter().push(bytes)) message.read().values(message.fields.signature ?? '');
    };
    fc.assert(
      fc.property(anything, damage, fc.uint8Array({ maxLength: 300 }), ({ signature, value }, hits, noise) => {
        fc.pre(signature.length <= 255);
        const bytes = encodeMessage({ type: 'reply', serial: 1, fields: { replySerial: 1, signature }, body: [value] });
        for (const [at, byte] of hits) bytes[at % bytes.length] = byte;
        for (const garbage of [bytes, Buffer.from(noise)]) refusesAtMost(() => read(garbage));
        const reader = new WireReader(Buffer.from(noise), noise.length % 2 === 0);
        refusesAtMost(() => void reader.pick(new KeySet(['Id'])));
      }),
      runs(300),
    );
  });
});

function refusesAtMost(act: () => void): void {
  try {
    act();
  } catch (cause: unknown) {
    expect(cause).toBeInstanceOf(WireError);
  }
}
