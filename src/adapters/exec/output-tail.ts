/** Keeps the end of what a command prints, however much that is. */

/** What one command printed on all its streams together. */
export interface OutputTail {
  /** Opens one more stream; characters of different streams never mix. Call what it returns with each chunk. */
  stream(): (chunk: Buffer) => void;
  /** The last bytes as they came, as text; begins and ends between characters. */
  text(): string;
}

/** Never holds more than about twice `limitBytes`. */
export function createOutputTail(limitBytes: number): OutputTail {
  let chunks: Buffer[] = [];
  let heldBytes = 0;
  const unfinished: (() => Buffer)[] = [];

  const shrink = (): void => {
    const all = Buffer.concat(chunks);
    const tail = all.subarray(startOfCharacter(all, Math.max(0, all.length - limitBytes)));
    // A copy: a view would keep the whole of the large buffer alive.
    chunks = [Buffer.from(tail)];
    heldBytes = tail.length;
  };
  const push = (chunk: Buffer): void => {
    chunks.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes > 2 * limitBytes) shrink();
  };
  return {
    stream() {
      let rest: Buffer = Buffer.alloc(0);
      unfinished.push(() => rest);
      return (chunk) => {
        const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        const end = endOfWholeCharacters(joined);
        rest = Buffer.from(joined.subarray(end));
        push(joined.subarray(0, end));
      };
    },
    text() {
      chunks.push(...unfinished.map((rest) => rest()));
      unfinished.length = 0;
      shrink();
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

const LONGEST_CHARACTER_BYTES = 4;

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** The first place at or after `from` where a character begins. Bytes that are no UTF-8 at all are taken as they come. */
function startOfCharacter(bytes: Buffer, from: number): number {
  if (from === 0) return 0;
  let at = from;
  while (at < from + LONGEST_CHARACTER_BYTES - 1 && isContinuation(bytes[at])) at++;
  return isContinuation(bytes[at]) ? from : at;
}

/** Where a character that is still waiting for its last bytes begins; the length where there is none. */
function endOfWholeCharacters(bytes: Buffer): number {
  for (let back = 1; back < LONGEST_CHARACTER_BYTES && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
