/** D-Bus messages: their header, and how a stream of bytes falls into them. */
import { WireError } from './signature.js';
import { WireReader } from './wire-reader.js';
import { LARGEST_MESSAGE_BYTES, WireWriter, type WireValue } from './wire-writer.js';

/** Source: D-Bus Specification, "Message Format". */
const TYPES = ['invalid', 'call', 'reply', 'error', 'signal'] as const;
const FIELDS = [
  '',
  'path',
  'interface',
  'member',
  'error',
  'replySerial',
  'destination',
  'sender',
  'signature',
] as const;
const SIGNATURES = ['', 'o', 's', 's', 's', 'u', 's', 's', 'g'] as const;
/** No dialog of a desktop may ask for a password: the flag that allows it is never set. Nor is anything ever started for us. */
const NO_AUTO_START = 2;
const NO_REPLY_EXPECTED = 1;
const LITTLE = 0x6c;
const BIG = 0x42;
const VERSION = 1;
const FIXED_HEADER_BYTES = 16;
const HEADER_FIELDS_AT = 12;

export interface MessageFields {
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  /** Name of an error. */
  readonly error?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
}

export interface OutgoingMessage {
  readonly type: 'call' | 'reply' | 'error' | 'signal';
  readonly serial: number;
  readonly fields: MessageFields;
  /** The values of `fields.signature`. */
  readonly body?: readonly WireValue[];
  /** Neither an answer nor an error is wanted. */
  readonly isOneWay?: boolean;
}

export interface IncomingMessage {
  /** `invalid`: of a type that is not known, to be passed over. */
  readonly type: (typeof TYPES)[number];
  readonly serial: number;
  readonly fields: MessageFields;
  /** Neither an answer nor an error is wanted. */
  readonly isOneWay: boolean;
  /** A new reader at the start of the body. */
  readonly read: () => WireReader;
}

/** Throws `WireError` for values that do not fit the signature. */
export function encodeMessage({ type, serial, fields, body = [], isOneWay = false }: OutgoingMessage): Buffer {
  const writer = new WireWriter();
  const flags = NO_AUTO_START | (isOneWay ? NO_REPLY_EXPECTED : 0);
  for (const byte of [LITTLE, TYPES.indexOf(type), flags, VERSION]) writer.byte(byte);
  writer.uint32(0);
  writer.uint32(serial);
  writer.uint32(0);
  const startAt = writer.length;
  FIELDS.forEach((name, code) => {
    const value = name === '' ? undefined : fields[name];
    if (value !== undefined) writeField(writer, code, value);
  });
  writer.patchUint32(HEADER_FIELDS_AT, writer.length - startAt);
  writer.align(8);
  const bodyAt = writer.length;
  writer.values(fields.signature ?? '', body);
  writer.patchUint32(4, writer.length - bodyAt);
  return writer.finish();
}

function writeField(writer: WireWriter, code: number, value: string | number): void {
  const signature = SIGNATURES[code] ?? '';
  writer.align(8);
  writer.byte(code);
  writer.signature(signature);
  if (typeof value === 'number') writer.uint32(value);
  else if (signature === 'g') writer.signature(value);
  else writer.string(value);
}

/** `bytes` is exactly one message. Throws `WireError` where it is none. */
export function decodeMessage(bytes: Buffer): IncomingMessage {
  const isLittle = bytes[0] === LITTLE;
  if (messageSize(bytes) !== bytes.length) throw new WireError('a message of another length than it says');
  if (bytes[3] !== VERSION) throw new WireError(`protocol version ${bytes[3] ?? 0}`);
  const reader = new WireReader(bytes, isLittle, 8);
  const serial = reader.uint32();
  if (serial === 0) throw new WireError('a message without a number');
  const fields = readFields(reader);
  reader.align(8);
  const bodyAt = reader.position;
  return {
    type: TYPES[bytes[1] ?? 0] ?? 'invalid',
    serial,
    fields,
    isOneWay: ((bytes[2] ?? 0) & NO_REPLY_EXPECTED) !== 0,
    read: () => new WireReader(bytes, isLittle, bodyAt),
  };
}

function readFields(reader: WireReader): MessageFields {
  const fields: Record<string, string | number> = {};
  const size = reader.uint32();
  reader.align(8);
  const end = reader.position + size;
  while (reader.position < end) {
    reader.align(8);
    const code = reader.byte();
    const name = FIELDS[code] ?? '';
    const signature = reader.signature();
    const [value] = reader.values(signature);
    // Fields that are not known are to be passed over.
    if (name === '') continue;
    if (signature !== SIGNATURES[code]) throw new WireError(`a header field of type ${signature}`);
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
  }
  if (reader.position !== end) throw new WireError('a header does not end where it should');
  return fields; // each was checked against the type of its field
}

/** The length of the message that begins with these 16 bytes or more. */
function messageSize(bytes: Buffer): number {
  const isLittle = bytes[0] === LITTLE;
  if (!isLittle && bytes[0] !== BIG) throw new WireError('not the beginning of a message');
  const [body, fields] = isLittle
    ? [bytes.readUInt32LE(4), bytes.readUInt32LE(HEADER_FIELDS_AT)]
    : [bytes.readUInt32BE(4), bytes.readUInt32BE(HEADER_FIELDS_AT)];
  const size = FIXED_HEADER_BYTES + fields + (-fields & 7) + body;
  if (size > LARGEST_MESSAGE_BYTES) throw new WireError('a message is too large');
  return size;
}

/** Cuts a stream into messages. */
export class MessageSplitter {
  #chunks: Buffer[] = [];
  #held = 0;
  /** So many bytes there must be before it is worth looking again. */
  #needed = FIXED_HEADER_BYTES;

  /** The messages that are complete with these bytes. Throws `WireError` where it is no stream of messages. */
  push(chunk: Buffer): readonly IncomingMessage[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return [];
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
    const messages: IncomingMessage[] = [];
    let at = 0;
    this.#needed = FIXED_HEADER_BYTES;
    while (bytes.length - at >= FIXED_HEADER_BYTES) {
      const size = messageSize(bytes.subarray(at, at + FIXED_HEADER_BYTES));
      if (bytes.length - at < size) {
        this.#needed = size;
        break;
      }
      messages.push(decodeMessage(bytes.subarray(at, at + size)));
      at += size;
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#held = bytes.length - at;
    return messages;
  }
}
