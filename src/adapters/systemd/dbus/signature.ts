/** Signatures: how a D-Bus message says of what types its values are. */

/** Fixed size on the wire, without parts. Source: D-Bus Specification, "Type system". */
const BASIC = 'ybnqiuxtdsogh';
const LONGEST_SIGNATURE = 255;
const DEEPEST_ARRAY = 32;
const DEEPEST_STRUCT = 32;

/** One complete type, for example `a{sv}`: an array of entries of a string and a variant. */
export type WireType =
  | { readonly kind: 'basic'; readonly code: string; readonly alignment: number }
  | { readonly kind: 'variant'; readonly alignment: 1 }
  | { readonly kind: 'array'; readonly element: WireType; readonly alignment: 4 }
  /** Structs and the entries of dictionaries, which are laid out alike. */
  | { readonly kind: 'struct'; readonly fields: readonly WireType[]; readonly isEntry: boolean; readonly alignment: 8 };

/** What does not follow the specification, ours or theirs. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const known = new Map<string, readonly WireType[]>();
/** Messages repeat a handful of signatures; a stranger's endless variety must not stay in memory. */
const MOST_KNOWN = 200;

/** The complete types in a row that the signature stands for. Throws `WireError` where it is none. */
export function parseSignature(signature: string): readonly WireType[] {
  const before = known.get(signature);
  if (before !== undefined) return before;
  if (signature.length > LONGEST_SIGNATURE) throw new WireError('a signature is too long');
  const parser = new SignatureParser(signature);
  const types = parser.all();
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(signature, types);
  return types;
}

/** The one complete type that the signature of a variant must be. */
export function parseSingleType(signature: string): WireType {
  const [type, ...more] = parseSignature(signature);
  if (type === undefined || more.length > 0) throw new WireError(`not one complete type: ${signature}`);
  return type;
}

class SignatureParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): readonly WireType[] {
    const types: WireType[] = [];
    while (this.#at < this.#text.length) types.push(this.#one(0, 0));
    return types;
  }

  #one(arrays: number, structs: number): WireType {
    const code = this.#text[this.#at++];
    if (code === undefined) throw this.#wrong();
    if (BASIC.includes(code)) return { kind: 'basic', code, alignment: alignmentOf(code) };
    if (code === 'v') return { kind: 'variant', alignment: 1 };
    if (code === 'a' && arrays < DEEPEST_ARRAY) return this.#array(arrays + 1, structs);
    if (code === '(' && structs < DEEPEST_STRUCT) return this.#struct(arrays, structs + 1);
    throw this.#wrong();
  }

  #array(arrays: number, structs: number): WireType {
    if (this.#text[this.#at] !== '{') return { kind: 'array', element: this.#one(arrays, structs), alignment: 4 };
    this.#at++;
    if (structs >= DEEPEST_STRUCT) throw this.#wrong();
    const key = this.#one(arrays, structs + 1);
    const value = this.#one(arrays, structs + 1);
    if (key.kind !== 'basic' || this.#text[this.#at++] !== '}') throw this.#wrong();
    const element: WireType = { kind: 'struct', fields: [key, value], isEntry: true, alignment: 8 };
    return { kind: 'array', element, alignment: 4 };
  }

  #struct(arrays: number, structs: number): WireType {
    const fields: WireType[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== ')') fields.push(this.#one(arrays, structs));
    if (fields.length === 0 || this.#text[this.#at++] !== ')') throw this.#wrong();
    return { kind: 'struct', fields, isEntry: false, alignment: 8 };
  }

  #wrong(): WireError {
    return new WireError(`not a signature: ${JSON.stringify(this.#text)}`);
  }
}

function alignmentOf(code: string): number {
  if ('yg'.includes(code)) return 1;
  if ('nq'.includes(code)) return 2;
  return 'xtd'.includes(code) ? 8 : 4;
}
