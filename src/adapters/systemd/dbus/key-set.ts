/** A few names that are to be found among many in a message, without making text of the others. */

/** Keys to look for in what systemd sends, compared byte by byte. */
export class KeySet {
  readonly #bySize = new Map<number, { readonly key: string; readonly bytes: Buffer }[]>();

  constructor(keys: readonly string[]) {
    for (const key of keys) {
      const bytes = Buffer.from(key);
      this.#bySize.set(bytes.length, [...(this.#bySize.get(bytes.length) ?? []), { key, bytes }]);
    }
  }

  /** The key that stands there; undefined: none of them. */
  find(bytes: Buffer, at: number, size: number): string | undefined {
    return this.#bySize.get(size)?.find((each) => isThere(each.bytes, bytes, at))?.key;
  }
}

/** By hand, since Node's own comparison costs more than the few bytes that tell names apart. */
function isThere(wanted: Buffer, bytes: Buffer, at: number): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
