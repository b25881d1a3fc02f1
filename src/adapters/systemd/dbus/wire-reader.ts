/** Reads values from D-Bus messages of either byte order, and believes nothing that they say of their sizes. */
import type { KeySet } from './key-set.js';
import { parseSignature, parseSingleType, WireError, type WireType } from './signature.js';
import { DEEPEST_VARIANT, isByte, LARGEST_ARRAY_BYTES, type WireValue } from './wire-writer.js';

/** Moves forward through one message; alignment counts from its first byte. Throws `WireError` where the bytes are no such value. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #isLittle: boolean;
  #at: number;
  #variants = 0;

  constructor(bytes: Buffer, isLittle: boolean, at = 0) {
    this.#bytes = bytes;
    this.#isLittle = isLittle;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  align(alignment: number): void {
    this.#take(-this.#at & (alignment - 1));
  }

  byte(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  uint32(): number {
    this.align(4);
    const at = this.#take(4);
    return this.#isLittle ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  string(): string {
    return this.#text(this.uint32());
  }

  signature(): string {
    return this.#text(this.byte());
  }

  values(signature: string): readonly WireValue[] {
    return parseSignature(signature).map((type) => this.value(type));
  }

  value(type: WireType): WireValue {
    switch (type.kind) {
      case 'basic':
        return this.#basic(type.code, type.alignment);
      case 'variant':
        return this.#within(() => {
          const signature = this.signature();
          return { signature, value: this.value(parseSingleType(signature)) };
        });
      case 'array':
        return this.#array(type.element);
      case 'struct':
        this.align(8);
        return type.fields.map((field) => this.value(field));
    }
  }

  /**
   * Passes over a value without making anything of it: of what systemd says of a unit most is not asked. What an array holds
   * is not even looked at, as it says its size; where that is wrong, what is read next is.
   */
  skip(type: WireType): void {
    switch (type.kind) {
      case 'basic': {
        this.#skipBasic(type.code, type.alignment);
        return;
      }
      case 'variant': {
        this.#within(() => this.skip(this.#variantType()));
        return;
      }
      case 'array':
        this.#take(this.#arraySize(type.element));
        return;
      case 'struct':
        this.align(8);
        for (const field of type.fields) this.skip(field);
    }
  }

  /** Of a dictionary `a{sv}`, the entries of these keys alone: what systemd says of a unit is long, and little of it is asked. */
  pick(keys: KeySet): ReadonlyMap<string, WireValue> {
    const found = new Map<string, WireValue>();
    const end = this.#arraySize(ENTRY) + this.#at;
    while (this.#at < end) {
      this.align(8);
      const key = this.#keyOf(keys);
      const type = this.#variantType();
      if (key === undefined) this.skip(type);
      else found.set(key, this.value(type));
    }
    if (this.#at !== end) throw new WireError('a dictionary does not end where it should');
    return found;
  }

  /** Passes over a string; undefined: it is none of them. No text is made of the others: there are hundreds. */
  #keyOf(keys: KeySet): string | undefined {
    const size = this.uint32();
    const at = this.#textAt(size);
    return keys.find(this.#bytes, at, size);
  }

  /** The type that a variant names. Nearly all are one letter, for which no text is made either. */
  #variantType(): WireType {
    const size = this.byte();
    const at = this.#textAt(size);
    const only = size === 1 ? BASIC_TYPES.get(this.#bytes[at] ?? 0) : undefined;
    return only ?? parseSingleType(this.#bytes.toString('utf8', at, at + size));
  }

  #basic(code: string, alignment: number): WireValue {
    if (code === 'y') return this.byte();
    if (code === 's' || code === 'o') return this.string();
    if (code === 'g') return this.signature();
    if (code === 'u' || code === 'h') return this.uint32();
    if (code === 'b') return this.#boolean();
    this.align(alignment);
    const at = this.#take(code === 'n' || code === 'q' ? 2 : code === 'i' ? 4 : 8);
    const [bytes, isLittle] = [this.#bytes, this.#isLittle];
    if (code === 'i') return isLittle ? bytes.readInt32LE(at) : bytes.readInt32BE(at);
    if (code === 'n') return isLittle ? bytes.readInt16LE(at) : bytes.readInt16BE(at);
    if (code === 'q') return isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    if (code === 'd') return isLittle ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at);
    if (code === 'x') return isLittle ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at);
    return isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at);
  }

  #skipBasic(code: string, alignment: number): void {
    if (code === 's' || code === 'o') this.#take(this.uint32() + 1);
    else if (code === 'g') this.#take(this.byte() + 1);
    else {
      this.align(alignment);
      this.#take(alignment);
    }
  }

  #boolean(): boolean {
    const value = this.uint32();
    if (value > 1) throw new WireError(`${value} is not a boolean`);
    return value === 1;
  }

  #array(element: WireType): WireValue {
    const size = this.#arraySize(element);
    if (isByte(element)) {
      const at = this.#take(size);
      // A copy: a piece of the message would keep all of it in memory.
      return Uint8Array.from(this.#bytes.subarray(at, at + size));
    }
    const end = this.#at + size;
    const items: WireValue[] = [];
    while (this.#at < end) items.push(this.value(element));
    if (this.#at !== end) throw new WireError('an array does not end where it should');
    return items;
  }

  #arraySize(element: WireType): number {
    const size = this.uint32();
    if (size > LARGEST_ARRAY_BYTES) throw new WireError('an array is too large');
    this.align(element.alignment);
    if (this.#at + size > this.#bytes.length) throw new WireError('an array is longer than its message');
    return size;
  }

  #text(size: number): string {
    const at = this.#textAt(size);
    return this.#bytes.toString('utf8', at, at + size);
  }

  /** Where a text of that size begins; passes over it and its end. */
  #textAt(size: number): number {
    const at = this.#take(size + 1);
    if (this.#bytes[at + size] !== 0) throw new WireError('a string does not end with a zero');
    return at;
  }

  #within<Result>(read: () => Result): Result {
    if (++this.#variants > DEEPEST_VARIANT) throw new WireError('variants are nested too deep');
    const result = read();
    this.#variants--;
    return result;
  }

  /** Where the next `size` bytes begin. */
  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new WireError('a message ends too early');
    this.#at = at + size;
    return at;
  }
}

/** By the letter's byte. */
const BASIC_TYPES: ReadonlyMap<number, WireType> = new Map(
  Array.from('ybnqiuxtdsogh', (letter) => [letter.charCodeAt(0), parseSingleType(letter)]),
);

const ENTRY: WireType = { kind: 'struct', fields: [], isEntry: true, alignment: 8 };
