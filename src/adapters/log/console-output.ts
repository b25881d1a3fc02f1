/** The console: standard error, as the journal, a terminal or a pipe wants it. */
import { fstatSync, writeSync } from 'node:fs';
import process from 'node:process';
import { setImmediate as atEndOfTurn } from 'node:timers';
import { colouredLine, journalLine, textLine, type WrittenLine } from './line-text.js';

const STDERR = 2;
/** Characters. */
const MOST_WAITING = 16_384;

export interface ConsoleOptions {
  /** `auto`: on a terminal and under the journal. */
  readonly mode: 'auto' | 'on' | 'off';
  readonly isTerminal: boolean;
  /** Ignored where there is no terminal. */
  readonly isColoured: boolean;
  /** `$JOURNAL_STREAM`, `device:inode` of the journal's stream; null: not set. */
  readonly journalStream: string | null;
  /** For pipes: JSON lines go out as they are. */
  readonly format: 'json' | 'text';
  /** Takes whole lines. Default: standard error. */
  readonly write?: (text: string) => void;
}

/** Writes one line. */
export type LineOutput = (line: WrittenLine) => void;

/** The console's output; null: it is off. Never throws: a console that is gone is nobody's loss. */
export function consoleOutput(options: ConsoleOptions): LineOutput | null {
  const isJournal = isJournalStream(options.journalStream);
  const isWanted = options.mode === 'on' || (options.mode === 'auto' && (options.isTerminal || isJournal));
  if (!isWanted) return null;
  const print = options.write ?? writeToStderr;
  // A person waits for the line on a terminal; the journal wakes up for each of them, and it has many at once in a storm.
  const write = isJournal ? gathered(print) : print;
  return (line) => write(`${render(line)}\n`);

  function render(line: WrittenLine): string {
    if (isJournal) return journalLine(line);
    if (options.isTerminal) return options.isColoured ? colouredLine(line) : textLine(line);
    return options.format === 'json' ? line.json : textLine(line);
  }
}

/** Writes what comes in one turn of the event loop at its end, all at once; what is left at the end of the program, then. */
function gathered(write: (text: string) => void): (text: string) => void {
  let waiting = '';
  let isPlanned = false;
  const flush = (): void => {
    const text = waiting;
    waiting = '';
    if (text !== '') write(text);
  };
  const endTurn = (): void => {
    isPlanned = false;
    process.off('exit', flush);
    flush();
  };
  return (text) => {
    waiting += text;
    if (waiting.length >= MOST_WAITING) flush();
    if (isPlanned) return;
    isPlanned = true;
    process.on('exit', flush);
    atEndOfTurn(endTurn);
  };
}

/** The variable is inherited by everything a unit starts, also where standard error leads elsewhere by then. */
function isJournalStream(journalStream: string | null): boolean {
  if (journalStream === null) return false;
  try {
    const { dev, ino } = fstatSync(STDERR);
    return journalStream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** Not process.stderr: once that has failed (EPIPE), the error arrives later, where nobody can catch it. */
function writeToStderr(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch {
    // The log file has the line too.
  }
}
