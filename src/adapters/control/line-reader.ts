/** Takes lines from a socket, however they arrive, at a bounded cost. */
import type { Socket } from 'node:net';

/** A longer line is refused. */
export const LONGEST_LINE_BYTES = 64 * 1024;

const LINE_END = 0x0a;
const FIRST_SIZE_BYTES = 1024;
/** Nobody says more than this before it is listened to. */
const MOST_LINES_AHEAD = 2;

/** One line without its end; `closed`: the other side ended before its line did. */
export type ReceivedLine =
  { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too_long' } | { readonly kind: 'closed' };

/** Reads on to the end even when nobody waits: what is left unread would tear the connection down before its reply. */
export class LineReader {
  #line = Buffer.alloc(FIRST_SIZE_BYTES);
  #sizeBytes = 0;
  readonly #ahead: ReceivedLine[] = [];
  #end: ReceivedLine | null = null;
  #waiting: ((line: ReceivedLine) => void) | null = null;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('end', () => this.#finish({ kind: 'closed' }));
    socket.once('close', () => this.#finish({ kind: 'closed' }));
  }

  /** The next line; the same end again and again once there is one. Never rejects. One caller at a time. */
  next(): Promise<ReceivedLine> {
    const ready = this.#ahead.shift() ?? this.#end;
    if (ready !== null) return Promise.resolve(ready);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (this.#end === null) {
      const end = rest.indexOf(LINE_END);
      const part = end === -1 ? rest : rest.subarray(0, end);
      if (this.#sizeBytes + part.length > LONGEST_LINE_BYTES) {
        this.#finish({ kind: 'too_long' });
        return;
      }
      this.#append(part);
      if (end === -1) return;
      this.#deliver({ kind: 'line', text: this.#line.toString('utf8', 0, this.#sizeBytes) });
      this.#sizeBytes = 0;
      rest = rest.subarray(end + 1);
    }
  }

  /** Into one buffer: thousands of tiny pieces would cost a hundred times their size. */
  #append(part: Buffer): void {
    const neededBytes = this.#sizeBytes + part.length;
    if (neededBytes > this.#line.length) {
      const larger = Buffer.alloc(Math.min(LONGEST_LINE_BYTES, Math.max(neededBytes, this.#line.length * 2)));
      this.#line.copy(larger, 0, 0, this.#sizeBytes);
      this.#line = larger;
    }
    part.copy(this.#line, this.#sizeBytes);
    this.#sizeBytes = neededBytes;
  }

  #deliver(line: ReceivedLine): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) waiting(line);
    else if (this.#ahead.length < MOST_LINES_AHEAD) this.#ahead.push(line);
  }

  #finish(end: ReceivedLine): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#line = Buffer.alloc(0);
    if (this.#waiting !== null) this.#deliver(end);
  }
}
