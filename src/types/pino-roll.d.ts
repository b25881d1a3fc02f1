/** Types of the part of pino-roll that the log uses; the package brings none. */
declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';

  /** Rejects when the file cannot be opened. */
  function roll(options: roll.RollOptions): Promise<roll.RollingStream>;

  namespace roll {
    /** A sonic-boom stream: with `sync` it has written, failed or dropped by the time `write` returns. */
    interface RollingStream extends EventEmitter {
      /** Path of the file that is written now. */
      readonly file: string;
      readonly destroyed: boolean;
      write(text: string): boolean;
      /** Throws when the file cannot be opened; the old one stays open. */
      reopen(file?: string): void;
      end(): void;
      destroy(): void;
    }

    interface RollOptions {
      readonly file: string;
      /** A plain number means megabytes; `b`, `k`, `m`, `g` behind it say otherwise. */
      readonly size: string;
      readonly sync: true;
      readonly mode: number;
      /** Bytes kept in memory while nothing can be written; beyond it `drop` is emitted. */
      readonly maxLength: number;
    }
  }

  export = roll;
}
