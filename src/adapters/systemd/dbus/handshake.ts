/** The handshake before the first message: the kernel tells the bus who we are. */

const LONGEST_ANSWER_BYTES = 16 * 1024;

/**
 * All of it is said at once, as the answers are known: the mechanism EXTERNAL with no name of our own, so that it works
 * where our user has another number than the bus knows (user namespaces).
 * Source: D-Bus Specification, "Authentication Protocol".
 */
export class Handshake {
  readonly opening = '\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n';
  #held = Buffer.alloc(0);
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Null: not over yet. Afterwards the bytes that follow it. Throws where the bus does not let us in. */
  receive(chunk: Buffer): Buffer | null {
    this.#held = Buffer.concat([this.#held, chunk]);
    for (let end = this.#held.indexOf('\r\n'); end >= 0; end = this.#held.indexOf('\r\n')) {
      const line = this.#held.toString('latin1', 0, end);
      this.#held = this.#held.subarray(end + 2);
      if (/^OK( |$)/.test(line)) {
        this.#isOver = true;
        return this.#held;
      }
      if (!/^DATA *$/.test(line)) throw new Error(`the bus does not let us in: ${line.slice(0, 100)}`);
    }
    if (this.#held.length > LONGEST_ANSWER_BYTES) throw new Error('what answers is not a message bus');
    return null;
  }
}
