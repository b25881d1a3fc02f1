/** A log for one test: its directory, its console, and what is in its current file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Log, type LogOptions, openLog } from '../../../src/adapters/log/logger.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

export interface TestLogs {
  /** Of this test alone; `directory` lies in it. */
  readonly parent: string;
  readonly directory: string;
  /** What was written to the console. */
  readonly console: readonly string[];
  /** Opens a log in `directory`; it is closed when the test has finished. */
  readonly open: (changes?: Partial<LogOptions>, console?: Partial<LogOptions['console']>) => Promise<Log>;
  /** The lines of the current file. */
  readonly lines: () => Promise<string[]>;
  /** The messages of the JSON lines of the current file. */
  readonly messages: () => Promise<string[]>;
}

/** Call it from a test or from `beforeEach`. */
export async function testLogs(): Promise<TestLogs> {
  const parent = await temporaryDirectory();
  const directory = join(parent, 'logs');
  const console: string[] = [];
  const open: TestLogs['open'] = async (changes = {}, consoleChanges = {}) => {
    const log = await openLog({ ...defaults(directory, console, consoleChanges), ...changes });
    onTestFinished(() => log.close());
    return log;
  };
  const lines = async (): Promise<string[]> =>
    (await readFile(join(directory, 'current.log'), 'utf8')).split('\n').slice(0, -1);
  const messages = async (): Promise<string[]> =>
    (await lines()).map((text) => (JSON.parse(text) as { message: string }).message);
  return { parent, directory, console, open, lines, messages };
}

function defaults(directory: string, console: string[], changes: Partial<LogOptions['console']>): LogOptions {
  return {
    directory,
    level: 'info',
    format: 'json',
    maxLogSizeBytes: 5_000_000,
    logFilesToKeep: 3,
    console: {
      mode: 'off',
      isTerminal: false,
      isColoured: false,
      journalStream: null,
      write: (text) => console.push(text),
      ...changes,
    },
    secrets: ['s3cr3t-value'],
    host: 'srv-01',
    clock: new FakeClock(),
  };
}
