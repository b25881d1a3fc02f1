/** One line at the bottom of a terminal that tells what is awaited; what is written meanwhile goes above it. */
import type { Clock } from '../app/clock.js';
import { cutToWidth } from './display-width.js';

/** Back to the first column, and nothing to the right. */
const ERASE = '\r\u001b[K';
const SECOND_MS = 1000;

/** The terminal it is drawn on. */
export interface LineTerminal {
  write(text: string): unknown;
  readonly columns?: number;
}

export class TerminalLine {
  readonly #terminal: LineTerminal;
  #shown = '';

  constructor(terminal: LineTerminal) {
    this.#terminal = terminal;
  }

  /** Takes the place of what was shown; empty: nothing is shown. */
  show(text: string): void {
    // A line that wraps could not be erased again.
    const fitting = cutToWidth(text, columnsOf(this.#terminal) - 1);
    if (fitting === this.#shown) return;
    this.#shown = fitting;
    this.#terminal.write(`${ERASE}${fitting}`);
  }

  /** Whole lines. */
  writeAbove(lines: string): void {
    this.#terminal.write(this.#shown === '' ? lines : `${ERASE}${lines}${this.#shown}`);
  }
}

/** A terminal that does not know its width says 0. */
function columnsOf({ columns }: LineTerminal): number {
  return columns === undefined || columns < 2 ? 80 : columns;
}

/** Counts the seconds down on a terminal line. */
export class Countdown {
  readonly #line: TerminalLine;
  readonly #clock: Clock;
  readonly #text: (seconds: number) => string;
  #current = new AbortController();

  constructor(line: TerminalLine, clock: Clock, text: (seconds: number) => string) {
    this.#line = line;
    this.#clock = clock;
    this.#text = text;
  }

  /** Begins anew; the line is empty when the time is over. Resolves then, or as soon as it is stopped. */
  async start(durationMs: number): Promise<void> {
    this.stop();
    const { signal } = (this.#current = new AbortController());
    const endMs = this.#clock.monotonicMs() + durationMs;
    for (let leftMs = durationMs; leftMs > 0 && !signal.aborted; leftMs = endMs - this.#clock.monotonicMs()) {
      this.#line.show(this.#text(Math.ceil(leftMs / SECOND_MS)));
      await this.#clock.sleep(leftMs % SECOND_MS || SECOND_MS, signal);
    }
    if (!signal.aborted) this.#line.show('');
  }

  /** Leaves nothing on the line. */
  stop(): void {
    this.#current.abort();
    this.#line.show('');
  }
}
