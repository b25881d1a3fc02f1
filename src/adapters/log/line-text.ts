/** How a finished line looks: as JSON, as text in a file, for the journal and on a terminal. */
import { safeJsonText, safeText } from '../../domain/safe-text.js';
import { localTimeText } from '../../domain/time-text.js';
import type { LineLevel } from './log-line.js';

/** A line as it comes out of the logger, parsed again. */
export interface WrittenLine {
  readonly level: LineLevel;
  readonly message: string;
  readonly [field: string]: unknown;
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

/** Parts of a line that a text line shows elsewhere or not at all. */
const NOT_SHOWN = new Set(['level', 'timestamp', 'service', 'host', 'pid', 'message']);

/** `2026-01-31 23:59:59  [INFO] - message key=value …`: one physical line, without its end. */
export function textLine(line: WrittenLine, epochMs: number): string {
  return `${localTimeText(epochMs)}  [${LOOKS[line.level].label}] - ${wordsAndFacts(line)}`;
}

/** `<6>message key=value …`: the journal has time and host of its own. */
export function journalLine(line: WrittenLine): string {
  return `<${LOOKS[line.level].priority}>${wordsAndFacts(line)}`;
}

/** A text line in its level's colour. */
export function colouredLine(line: WrittenLine, epochMs: number): string {
  return `\u001b[${LOOKS[line.level].colour}m${textLine(line, epochMs)}\u001b[0m`;
}

function wordsAndFacts(line: WrittenLine): string {
  const facts = Object.entries(line)
    .filter(([key]) => !NOT_SHOWN.has(key))
    .map(([key, value]) => `${safeText(key)}=${factText(value)}`);
  return [safeText(line.message), ...facts].join(' ');
}

/** Plain where that is clear, else quoted as JSON. */
function factText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"'=\\]+$/.test(value)) return safeText(value);
  return safeJsonText(JSON.stringify(value));
}
