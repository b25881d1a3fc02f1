/** The program's entry: arguments in, exit code out. */
import { versionText } from '../app/version.js';
import { currentEnvironment } from '../config/env.js';
import { createContext } from './context.js';
import { execute } from './execute.js';
import { parse } from './parse.js';
import { createScreen } from './screen.js';

/** A reader that has gone (`status | head`) is nobody's failure; anything else is. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

async function main(): Promise<number> {
  process.stdout.on('error', endQuietly);
  process.stderr.on('error', endQuietly);
  const parsed = parse(process.argv.slice(2), {
    version: versionText(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  });
  if (parsed.kind === 'over') return parsed.exitCode;
  const environment = currentEnvironment();
  const screen = createScreen(process, environment);
  return execute(parsed.request, createContext(parsed.globals, environment, screen));
}

process.exitCode = await main();
