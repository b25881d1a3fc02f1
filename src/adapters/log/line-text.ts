/** How a finished line looks: as JSON, as text in a file, for the journal and on a terminal. */
import { safeJsonText, safeText } from '../../domain/safe-text.js';
import { localTimeText } from '../../domain/time-text.js';
import type { LineLevel } from './log-line.js';

/** A line that is ready to be written. */
export interface WrittenLine {
  readonly level: LineLevel;
  readonly epochMs: number;
  /** Cleaned. */
  readonly message: string;
  /** Cleaned; null and undefined are left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The whole of it as JSON, without its end. */
  readonly json: string;
  /** No character of it has to be written out, as `isPlainJson` says of `json`. */
  readonly isPlain: boolean;
}

interface Look {
  readonly label: string;
  /** Syslog priority for the journal. */
  readonly priority: number;
  /** ANSI colour. */
  readonly colour: string;
}

const LOOKS: Readonly<Record<LineLevel, Look>> = {
  debug: { label: 'DEBUG', priority: 7, colour: '36' },
  info: { label: 'INFO', priority: 6, colour: '32' },
  warn: { label: 'WARNING', priority: 4, colour: '33' },
  error: { label: 'ERROR', priority: 3, colour: '31' },
  fatal: { label: 'CRITICAL', priority: 3, colour: '37;41' },
};

/** Of a plain text: what cannot stand without quotes. */
const NEEDS_QUOTES = /^$|[ '=]/;

/** `2026-01-31 23:59:59  [INFO] - message key=value …`: one physical line, without its end. */
export function textLine(line: WrittenLine): string {
  return `${localTimeText(line.epochMs)}  [${LOOKS[line.level].label}] - ${wordsAndFacts(line)}`;
}

/** `<6>message key=value …`: the journal has time and host of its own. */
export function journalLine(line: WrittenLine): string {
  return `<${LOOKS[line.level].priority}>${wordsAndFacts(line)}`;
}

/** A text line in its level's colour. */
export function colouredLine(line: WrittenLine): string {
  return `\u001b[${LOOKS[line.level].colour}m${textLine(line)}\u001b[0m`;
}

function wordsAndFacts({ message, fields, isPlain }: WrittenLine): string {
  let text = isPlain ? message : safeText(message);
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    text += isPlain ? ` ${key}=${plainFactText(value)}` : ` ${safeText(key)}=${factText(value)}`;
  }
  return text;
}

/** Plain where that is clear, else quoted as JSON. */
function factText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"'=\\]+$/.test(value)) return safeText(value);
  return safeJsonText(JSON.stringify(value));
}

/** The same of a value in a plain line. */
function plainFactText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return NEEDS_QUOTES.test(value) ? `"${value}"` : value;
}
