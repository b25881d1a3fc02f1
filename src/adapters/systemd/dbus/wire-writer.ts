/** Lays values out as D-Bus messages carry them, little endian. */
import { parseSignature, parseSingleType, WireError, type WireType } from './signature.js';

/**
 * `x` and `t` are bigint, other numbers number; `ay` is bytes, other arrays and structs arrays, dictionaries arrays of
 * pairs.
 */
export type WireValue = number | bigint | boolean | string | Uint8Array | Variant | readonly WireValue[];

/** A value that says itself what it is. Example: `{ signature: 's', value: 'active' }` */
export interface Variant {
  readonly signature: string;
  readonly value: WireValue;
}

export const LARGEST_ARRAY_BYTES = 2 ** 26;
export const LARGEST_MESSAGE_BYTES = 2 ** 27;
export const DEEPEST_VARIANT = 64;

const FIRST_ROOM_BYTES = 256;

/** Appends; every value is aligned to the start of what is written. Throws `WireError` for a value that is not of its type. */
export class WireWriter {
  #bytes = Buffer.alloc(FIRST_ROOM_BYTES);
  #at = 0;
  #variants = 0;

  get length(): number {
    return this.#at;
  }

  /** What has been written; the writer must not be used after it. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  align(alignment: number): void {
    const padding = -this.#at & (alignment - 1);
    this.#reserve(padding);
    this.#at += padding;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  uint32(value: number): void {
    this.align(4);
    this.#reserve(4);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  /** Puts a length in the place of one that was not known yet. */
  patchUint32(at: number, value: number): void {
    this.#bytes.writeUInt32LE(value, at);
  }

  string(value: string): void {
    if (value.includes('\0')) throw new WireError('a string holds a zero');
    const size = Buffer.byteLength(value);
    this.uint32(size);
    this.#text(value, size);
  }

  signature(value: string): void {
    parseSignature(value);
    this.byte(value.length);
    this.#text(value, value.length);
  }

  /** All values of a body. */
  values(signature: string, values: readonly WireValue[]): void {
    const types = parseSignature(signature);
    if (types.length !== values.length) throw new WireError(`not ${types.length} values for ${signature}`);
    types.forEach((type, index) => this.value(type, values[index]));
  }

  value(type: WireType, value: WireValue | undefined): void {
    switch (type.kind) {
      case 'basic': {
        this.#basic(type.code, type.alignment, value);
        return;
      }
      case 'variant': {
        this.#variant(value);
        return;
      }
      case 'array': {
        this.#array(type.element, value);
        return;
      }
      case 'struct': {
        this.#struct(type.fields, value);
        return;
      }
    }
  }

  #basic(code: string, alignment: number, value: WireValue | undefined): void {
    if (code === 'y') {
      this.byte(integer(value, 0, 255));
      return;
    }
    this.align(alignment);
    this.#reserve(8);
    if (code === 's' || code === 'o') this.string(ofType(value, 'string'));
    else if (code === 'g') this.signature(ofType(value, 'string'));
    else if (code === 'b') this.uint32(ofType(value, 'boolean') ? 1 : 0);
    else if (code === 'u' || code === 'h') this.uint32(integer(value, 0, 2 ** 32 - 1));
    else if (code === 'i') this.#at = this.#bytes.writeInt32LE(integer(value, -(2 ** 31), 2 ** 31 - 1), this.#at);
    else if (code === 'q') this.#at = this.#bytes.writeUInt16LE(integer(value, 0, 65_535), this.#at);
    else if (code === 'n') this.#at = this.#bytes.writeInt16LE(integer(value, -32_768, 32_767), this.#at);
    else if (code === 'd') this.#at = this.#bytes.writeDoubleLE(ofType(value, 'number'), this.#at);
    else this.#long(code, ofType(value, 'bigint'));
  }

  #long(code: string, value: bigint): void {
    if (BigInt[code === 'x' ? 'asIntN' : 'asUintN'](64, value) !== value)
      throw new WireError(`${value} is out of range`);
    if (code === 'x') this.#at = this.#bytes.writeBigInt64LE(value, this.#at);
    else this.#at = this.#bytes.writeBigUInt64LE(value, this.#at);
  }

  #variant(value: WireValue | undefined): void {
    if (!isVariant(value)) throw new WireError('not a variant');
    if (++this.#variants > DEEPEST_VARIANT) throw new WireError('variants are nested too deep');
    this.signature(value.signature);
    this.value(parseSingleType(value.signature), value.value);
    this.#variants--;
  }

  #array(element: WireType, value: WireValue | undefined): void {
    this.uint32(0);
    const lengthAt = this.#at - 4;
    this.align(element.alignment);
    const startAt = this.#at;
    if (value instanceof Uint8Array && isByte(element)) {
      this.#reserve(value.length);
      this.#bytes.set(value, this.#at);
      this.#at += value.length;
    } else {
      for (const item of list(value)) this.value(element, item);
    }
    const size = this.#at - startAt;
    if (size > LARGEST_ARRAY_BYTES) throw new WireError('an array is too large');
    this.patchUint32(lengthAt, size);
  }

  #struct(fields: readonly WireType[], value: WireValue | undefined): void {
    const values = list(value);
    if (values.length !== fields.length) throw new WireError(`not a struct of ${fields.length}`);
    this.align(8);
    fields.forEach((field, index) => this.value(field, values[index]));
  }

  #text(value: string, size: number): void {
    this.#reserve(size + 1);
    this.#at += this.#bytes.write(value, this.#at);
    this.#bytes[this.#at++] = 0;
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    if (needed > LARGEST_MESSAGE_BYTES) throw new WireError('a message is too large');
    const larger = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

export function isByte(type: WireType): boolean {
  return type.kind === 'basic' && type.code === 'y';
}

function isVariant(value: unknown): value is Variant {
  return typeof value === 'object' && value !== null && 'signature' in value && 'value' in value;
}

/** What a variant holds; undefined where it is none. */
export function variantIn(value: WireValue | undefined): WireValue | undefined {
  return isVariant(value) ? value.value : undefined;
}

function list(value: WireValue | undefined): readonly WireValue[] {
  if (!isList(value)) throw new WireError('not an array');
  return value;
}

/** `Array.isArray` alone forgets what the elements of a readonly array are. */
function isList(value: WireValue | undefined): value is readonly WireValue[] {
  return Array.isArray(value);
}

/** The elements of an array or struct; none where it is neither. */
export function listIn(value: WireValue | undefined): readonly WireValue[] {
  return isList(value) ? value : [];
}

interface Primitives {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly bigint: bigint;
}

function ofType<Name extends keyof Primitives>(value: WireValue | undefined, name: Name): Primitives[Name] {
  if (typeof value !== name) throw new WireError(`not a ${name}`);
  return value as Primitives[Name]; // checked in the line above
}

function integer(value: WireValue | undefined, lowest: number, highest: number): number {
  const number = ofType(value, 'number');
  if (!Number.isInteger(number) || number < lowest || number > highest)
    throw new WireError(`${number} is not an integer from ${lowest} to ${highest}`);
  return number;
}
