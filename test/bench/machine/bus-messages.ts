/**
 * As much of the D-Bus wire format as the bare limit needs: calls with strings, and what comes back. It is not the
 * program's own code for it: a limit that was computed with that would move with what it is there to judge.
 */

/** Source: D-Bus Specification, "Message Format"; little endian throughout. */
const TYPES = ['invalid', 'call', 'reply', 'error', 'signal'] as const;
const FIXED_BYTES = 16;
const REPLY_SERIAL = 5;
const SIGNATURE = 8;

export interface BusCall {
  readonly serial: number;
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly words?: readonly string[];
}

export interface BusMessage {
  readonly type: (typeof TYPES)[number];
  readonly replySerial: number;
  readonly signature: string;
  /** So many strings or paths one after the other in its body, from that byte. */
  readonly strings: (from: number, count: number) => readonly string[];
}

/** The login; nothing needs to be waited for before what follows it. */
export function handshakeOf(uid: number): string {
  return `\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\nBEGIN\r\n`;
}

export function encodeCall({ serial, words = [], ...call }: BusCall): Buffer {
  const body = words.reduce((bytes, word) => Buffer.concat([padded(bytes, 4), sized(word)]), Buffer.alloc(0));
  const texts = [
    [1, 'o', call.path],
    [6, 's', call.destination],
    [2, 's', call.interface],
    [3, 's', call.member],
  ] as const;
  let fields = Buffer.alloc(0);
  for (const [code, type, text] of texts) {
    const head = Buffer.from([code, 1, type.charCodeAt(0), 0]);
    fields = Buffer.concat([padded(fields, 8), head, sized(text)]);
  }
  if (words.length > 0) {
    const signature = 's'.repeat(words.length);
    const head = Buffer.from([SIGNATURE, 1, 'g'.charCodeAt(0), 0, signature.length]);
    fields = Buffer.concat([padded(fields, 8), head, Buffer.from(`${signature}\0`)]);
  }
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.set(['l'.charCodeAt(0), 1, 0, 1]);
  fixed.writeUInt32LE(body.length, 4);
  fixed.writeUInt32LE(serial, 8);
  fixed.writeUInt32LE(fields.length, 12);
  return Buffer.concat([padded(Buffer.concat([fixed, fields]), 8), body]);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(`${text}\0`);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length - 1);
  return Buffer.concat([size, bytes]);
}

const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;
const padded = (bytes: Buffer, to: number): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length, to) - bytes.length)]);

/** Cuts the stream into messages; the answer to the login comes before the first. */
export class BusMessages {
  #rest: Buffer = Buffer.alloc(0);
  #isLoggedIn = false;

  push(chunk: Buffer): readonly BusMessage[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.#isLoggedIn) {
      const end = this.#rest.indexOf('\r\n');
      if (end < 0) return [];
      this.#isLoggedIn = true;
      this.#rest = this.#rest.subarray(end + 2);
    }
    const messages: BusMessage[] = [];
    while (this.#rest.length >= FIXED_BYTES) {
      const bodyAt = aligned(FIXED_BYTES + this.#rest.readUInt32LE(12), 8);
      const size = bodyAt + this.#rest.readUInt32LE(4);
      if (this.#rest.length < size) break;
      messages.push(decode(this.#rest.subarray(0, size), bodyAt));
      this.#rest = this.#rest.subarray(size);
    }
    return messages;
  }
}

function decode(bytes: Buffer, bodyAt: number): BusMessage {
  const end = FIXED_BYTES + bytes.readUInt32LE(12);
  let replySerial = 0;
  let signature = '';
  for (let at = FIXED_BYTES; at < end; at = aligned(at, 8)) {
    const [code, type] = [bytes[at], String.fromCharCode(bytes[at + 2] ?? 0)];
    const size = type === 'g' ? (bytes[at + 4] ?? 0) : bytes.readUInt32LE(at + 4);
    if (code === REPLY_SERIAL) replySerial = size;
    if (code === SIGNATURE) signature = bytes.toString('latin1', at + 5, at + 5 + size);
    at += type === 'u' ? 8 : type === 'g' ? 6 + size : 9 + size;
  }
  const strings = (from: number, count: number): readonly string[] => {
    let at = bodyAt + from;
    return Array.from({ length: count }, () => {
      at = bodyAt + aligned(at - bodyAt, 4);
      const size = bytes.readUInt32LE(at);
      const text = bytes.toString('utf8', at + 4, at + 4 + size);
      at += 5 + size;
      return text;
    });
  };
  return { type: TYPES[bytes[1] ?? 0] ?? 'invalid', replySerial, signature, strings };
}
