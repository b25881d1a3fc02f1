/** What is printed and where: lines on standard output, complaints on standard error, colour where it says something. */
import type { Environment } from '../config/environment.js';
import { safeJsonText } from '../domain/safe-text.js';

/** Colour by meaning only. */
export type Meaning = 'good' | 'bad' | 'warning' | 'faint' | 'strong';

export interface Screen {
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Columns of that terminal; null: lines are never cut. */
  readonly width: number | null;
  /** Prints one line to standard output. `text` holds nothing unsafe. */
  line(text?: string): void;
  /** Prints data, for programs. */
  json(value: unknown): void;
  /** Prints one line to standard error. */
  complain(text: string): void;
  /** Colours safe text, on a terminal. */
  paint(meaning: Meaning, text: string): string;
}

const COLOURS: Readonly<Record<Meaning, string>> = { good: '32', bad: '31', warning: '33', faint: '2', strong: '1' };

/** The two streams, as far as they are used. */
export interface Streams {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Pick<NodeJS.WriteStream, 'write'>;
}

export function createScreen({ stdout, stderr }: Streams, environment: Environment): Screen {
  const isTerminal = stdout.isTTY === true;
  const isColoured = isTerminal && mayColour(environment);
  const line = (text = ''): void => void stdout.write(`${text}\n`);
  return {
    isTerminal,
    // A terminal that does not know its width says 0.
    width: isTerminal && stdout.columns ? stdout.columns : null,
    line,
    json: (value) => line(safeJsonText(JSON.stringify(value, null, 2))),
    complain: (text) => void stderr.write(`${text}\n`),
    paint: (meaning, text) => (isColoured ? `\u001b[${COLOURS[meaning]}m${text}\u001b[0m` : text),
  };
}

/** Source: no-color.org. */
export function mayColour(environment: Environment): boolean {
  return !environment['NO_COLOR'] && !isDumb(environment);
}

/** A terminal that only prints what it is given: it knows no colours and cannot take a line back. */
export function isDumb(environment: Environment): boolean {
  return environment['TERM'] === 'dumb';
}
