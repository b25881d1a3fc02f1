/** `restart NAME`: restarts and verifies now, outside the breaker. */
import { ask, exitCodeOf } from './asking.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import type { ExitCode } from './exit-codes.js';
import type { Request } from './request.js';

/** 0 well, 3 not, 1 refused or failed, 2 unknown name. */
export async function restart(
  { processName, why }: Extract<Request, { command: 'restart' }>,
  context: Context,
): Promise<ExitCode> {
  const { screen, texts } = context;
  const name = safeText(processName);
  screen.line(texts.forcing(name));
  const reply = await ask({ command: 'restart', target: processName, why }, context);
  if (reply.ok) {
    screen.line(safeText(reply.text));
    screen.line(screen.paint('good', texts.restartGood(name)));
  } else {
    screen.complain(texts.error(safeText(reply.text)));
    screen.line(screen.paint('bad', texts.restartBad(name)));
  }
  return exitCodeOf(reply);
}
