/** Reads the words of a line in a unit file as systemd does: quotes, escapes and doubled percent signs. Source: systemd.syntax(7). */

/** Throws on what systemd would refuse. */
export function readWords(line: string): readonly string[] {
  const words: string[] = [];
  const bytes = Buffer.from(line);
  let word: number[] | null = null;
  let quote: number | null = null;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    const character = String.fromCharCode(byte);
    if (character === '\\') {
      const [value, length] = escaped(bytes, at + 1);
      word = [...(word ?? []), value];
      at += length;
    } else if (quote !== null) {
      if (byte === quote) quote = null;
      else word?.push(byte);
    } else if (character === '"' || character === "'") {
      quote = byte;
      word ??= [];
    } else if (character === ' ' || character === '\t') {
      if (word !== null) words.push(textOf(word));
      word = null;
    } else word = [...(word ?? []), byte];
  }
  if (quote !== null) throw new Error(`a quote is not closed: ${line}`);
  return word === null ? words : [...words, textOf(word)];
}

function escaped(bytes: Buffer, at: number): readonly [value: number, length: number] {
  const character = String.fromCharCode(bytes[at] ?? 0);
  if (character === 'x') {
    const digits = bytes.subarray(at + 1, at + 3).toString();
    if (!/^[0-9a-f]{2}$/i.test(digits) || digits === '00') throw new Error(`not an escape: \\x${digits}`);
    return [parseInt(digits, 16), 3];
  }
  const known: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', n: '\n', t: '\t', r: '\r', s: ' ' };
  const value = known[character];
  if (value === undefined) throw new Error(`not an escape: \\${character}`);
  return [value.charCodeAt(0), 1];
}

function textOf(bytes: readonly number[]): string {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  if (/(?<!%)(?:%%)*%(?!%)/.test(text)) throw new Error(`a specifier: ${text}`);
  return text.replaceAll('%%', '%');
}
