/** The console: standard error, as the journal, a terminal or a pipe wants it. */
import { fstatSync, writeSync } from 'node:fs';
import { colouredLine, journalLine, textLine, type WrittenLine } from './line-text.js';

const STDERR = 2;

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

/** Writes one line; `json` is the line without its end, `epochMs` its time. */
export type LineOutput = (json: string, line: WrittenLine, epochMs: number) => void;

/** The console's output; null: it is off. Never throws: a console that is gone is nobody's loss. */
export function consoleOutput(options: ConsoleOptions): LineOutput | null {
  const isJournal = isJournalStream(options.journalStream);
  const isWanted = options.mode === 'on' || (options.mode === 'auto' && (options.isTerminal || isJournal));
  if (!isWanted) return null;
  const write = options.write ?? writeToStderr;
  return (json, line, epochMs) => write(`${render({ json, line, epochMs })}\n`);

  function render({ json, line, epochMs }: { json: string; line: WrittenLine; epochMs: number }): string {
    if (isJournal) return journalLine(line);
    if (options.isTerminal) return options.isColoured ? colouredLine(line, epochMs) : textLine(line, epochMs);
    return options.format === 'json' ? json : textLine(line, epochMs);
  }
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
