/** `config show`: the settings in force, each with where it came from, no secret among them. */
import { renderSettings } from '../config/show.js';
import { safeText } from '../domain/safe-text.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';

export function showConfig({ isJson }: Extract<Request, { command: 'config_show' }>, context: Context): ExitCode {
  const { screen } = context;
  const sections = context.load().origins.all();
  if (isJson) screen.json(sections);
  else for (const line of linesOf(renderSettings(sections))) screen.line(screen.isTerminal ? safeText(line) : line);
  return EXIT.done;
}

/** A person's terminal gets nothing that acts on it; a file or program exactly what gives the same settings. */
function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n');
}
