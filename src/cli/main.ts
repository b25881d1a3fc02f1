/** The program's entry: arguments in, exit code out. What a command does not need is not loaded. */
import { versionText } from '../app/version.js';
import { currentEnvironment } from '../config/environment.js';
import type { Parsed } from './parse.js';
import { plainRequest } from './plain-request.js';
import { createScreen } from './screen.js';

/** A reader that has gone (`status | head`) is nobody's failure; anything else is. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

async function read(argv: readonly string[]): Promise<Parsed> {
  const request = plainRequest(argv);
  if (request !== null) return { kind: 'request', request, globals: { config: null, logLevel: null, lang: null } };
  const { parse } = await import('./parse.js');
  return parse(argv, {
    version: versionText(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  });
}

async function main(): Promise<number> {
  process.stdout.on('error', endQuietly);
  process.stderr.on('error', endQuietly);
  const parsed = await read(process.argv.slice(2));
  if (parsed.kind === 'over') return parsed.exitCode;
  const environment = currentEnvironment();
  const { execute } = await import('./execute.js');
  return execute(parsed, environment, createScreen(process, environment));
}

process.exitCode = await main();
