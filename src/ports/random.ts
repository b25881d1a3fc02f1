/** Randomness: jitter and ids. */

export interface Random {
  /** Evenly spread in [0, 1). */
  fraction(): number;
  /** A fresh id of 12 lower-case hexadecimal characters. */
  id(): string;
}
