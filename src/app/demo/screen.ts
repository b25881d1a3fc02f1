/** What the demo shows: story lines that stay, and on a terminal one line of progress below them. */

/** Where it is shown. */
export interface ScreenOptions {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  /** Width of the terminal; asked for each line because it may change. */
  readonly columns: () => number;
}

/** What a line is about: its word, and the colour that the meaning has everywhere in the demo. */
export type LineKind = 'broken' | 'alarm' | 'restart' | 'proof' | 'reset' | 'failed' | 'breaker' | 'mended' | 'monitor';

const COLOURS: Readonly<Record<LineKind, string>> = {
  broken: '31',
  alarm: '33',
  restart: '36',
  proof: '32',
  reset: '1;32',
  failed: '31',
  breaker: '35',
  mended: '34',
  monitor: '2',
};

const CLEAR_LINE = '\r\u001b[2K';
/** `^C`, which a terminal shows behind the progress, must not wrap: what has wrapped cannot be taken away. */
const ROOM_FOR_CTRL_C = 3;

export class Screen {
  readonly #options: ScreenOptions;
  #progress = '';

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** One line of the story: `  4.2 s  alarm    shop     alarma = 1, set by another system`. */
  tell(kind: LineKind, atMs: number, who: string, text: string): void {
    const seconds = `${(atMs / 1000).toFixed(1)} s`.padStart(7);
    this.line(`${seconds}  ${this.#coloured(kind.padEnd(7), COLOURS[kind])}  ${who.padEnd(7)}  ${text}`);
  }

  line(text: string): void {
    const { write, isTerminal } = this.#options;
    write(isTerminal ? `${CLEAR_LINE}${text}\n${this.#progress}` : `${text}\n`);
  }

  /** Replaces the line of progress; nothing where there is no terminal. An empty text takes it away. */
  progress(text: string): void {
    const { write, isTerminal, columns } = this.#options;
    if (!isTerminal) return;
    const shown = text.slice(0, Math.max(0, columns() - ROOM_FOR_CTRL_C));
    this.#progress = shown === '' ? '' : this.#coloured(shown, '2');
    write(`${CLEAR_LINE}${this.#progress}`);
  }

  #coloured(text: string, colour: string): string {
    return this.#options.isColoured ? `\u001b[${colour}m${text}\u001b[0m` : text;
  }
}
