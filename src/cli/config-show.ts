/** `config show`: the settings in force, each with where it came from, no secret among them. */
import { renderSettings } from '../config/show.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';

export function showConfig({ isJson }: Extract<Request, { command: 'config_show' }>, context: Context): ExitCode {
  const { screen } = context;
  const { origins } = context.load();
  if (isJson) screen.json(origins);
  else for (const line of renderSettings(origins).trimEnd().split('\n')) screen.line(safeText(line));
  return EXIT.done;
}
