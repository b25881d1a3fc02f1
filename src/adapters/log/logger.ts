/** The log: events and plain lines in, cleaned lines out to the file and the console. */
import type { Clock } from '../../ports/clock.js';
import type { EventSink } from '../../ports/event-sink.js';
import { Cleaner } from './clean.js';
import { lineComposer } from './compose-line.js';
import { consoleOutput, type ConsoleOptions, type LineOutput } from './console-output.js';
import { textLine } from './line-text.js';
import { LINE_LEVELS, type LineFields, type LineLevel } from './log-line.js';
import { logLine } from './log-lines.js';
import { RotatingFile } from './rotating-file.js';

export interface LogOptions {
  /** null: no file. */
  readonly directory: string | null;
  /** Lines below it are not written. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'text';
  readonly maxLogSizeBytes: number;
  /** In all, the current one included; from 1. */
  readonly logFilesToKeep: number;
  /** Throws where the directory and its files may not be trusted. Default: only root and we are. */
  readonly judge?: (directory: string) => void;
  readonly console: Omit<ConsoleOptions, 'format'>;
  /** Literal values that must never be written. */
  readonly secrets: readonly string[];
  /** Name of this machine, in every JSON line. */
  readonly host: string;
  readonly clock: Clock;
}

export interface Log {
  /** One line for each event. */
  readonly sink: EventSink;
  /** A plain line, for what is no event: a bug, the end of the monitor. Never throws. */
  write(level: LineLevel, message: string, fields?: LineFields): void;
  /** A further literal value that must never be written. */
  hide(secret: string): void;
  /** Lines that were lost so far. */
  readonly dropped: number;
  /** Why its file cannot be written at present; null: it can, or there is none. */
  readonly failure: string | null;
  /** Everything is in the file when it resolves; later lines are ignored. */
  close(): Promise<void>;
}

/**
 * Opens the log. A directory that cannot be used is no failure: the console says so, and each line is one more try.
 * Every line is with the operating system by the time `write` or `emit` returns; with the journal, at the end of that turn.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const cleaner = new Cleaner(options.secrets);
  const state = { isClosed: false, dropped: 0 };
  const outputs: LineOutput[] = [];
  const composeLine = lineComposer(options.host, cleaner);
  const written = new Set(LINE_LEVELS.slice(LINE_LEVELS.indexOf(options.level)));

  const write = (level: LineLevel, message: string, fields: LineFields = {}): void => {
    // Asked before anything is cleaned: at `info` a quiet cycle costs nothing here.
    if (state.isClosed || !written.has(level)) return;
    try {
      const line = composeLine({ level, message, fields }, options.clock.nowMs());
      for (const output of outputs) output(line);
    } catch {
      state.dropped += 1;
    }
  };

  const console = consoleOutput({ ...options.console, format: options.format });
  if (console !== null) outputs.push(console);
  const file = createFile(options, write);
  if (file !== null) {
    outputs.push(fileOutput(file, options.format));
    await file.open();
  }
  return {
    sink: {
      emit: (event) => {
        // The one event of a quiet monitor, and the one of each look: no words are made that nobody reads.
        if (event.type === 'cycle.completed' && !written.has('debug')) return;
        try {
          const { level, message, fields } = logLine(event);
          write(level, message, fields);
        } catch {
          state.dropped += 1;
        }
      },
    },
    write,
    hide: (secret) => cleaner.hide([secret]),
    get dropped() {
      return state.dropped + (file?.lost ?? 0);
    },
    get failure() {
      return file?.failure ?? null;
    },
    close: async () => {
      state.isClosed = true;
      await file?.close();
    },
  };
}

function createFile(
  options: LogOptions,
  write: (level: LineLevel, message: string, fields: LineFields) => void,
): RotatingFile | null {
  if (options.directory === null) return null;
  return new RotatingFile({
    directory: options.directory,
    maxSizeBytes: options.maxLogSizeBytes,
    filesToKeep: options.logFilesToKeep,
    ...(options.judge === undefined ? {} : { judge: options.judge }),
    onFailure: (detail) => write('error', 'Log file cannot be written', { directory: options.directory, detail }),
    onRecovery: (lost) => write('warn', 'Log file can be written again', { lostLines: lost }),
  });
}

function fileOutput(file: RotatingFile, format: 'json' | 'text'): LineOutput {
  return format === 'json' ? (line) => file.write(`${line.json}\n`) : (line) => file.write(`${textLine(line)}\n`);
}
