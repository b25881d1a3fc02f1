/** `breaker …`: look at circuit breakers, hold them open or free them. */
import { inspectMemory } from '../app/inspect-status.js';
import { ask, exitCodeOf } from './asking.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { printDaemon, printRemembered } from './memory-text.js';
import type { Request } from './request.js';

/** From the memory file; the database is not asked. 1 where that file cannot be read. */
export async function listBreakers(
  { isJson }: Extract<Request, { command: 'breaker_list' }>,
  context: Context,
): Promise<ExitCode> {
  const { screen, texts } = context;
  const report = await inspectMemory(context.load().settings);
  if (isJson) {
    screen.json(report.remembered.map(({ processId, processName, breaker }) => ({ processId, processName, breaker })));
    return EXIT.done;
  }
  const moved = report.remembered.filter(({ breaker }) => breaker.kind !== 'closed' || breaker.failures > 0);
  printDaemon(report, context);
  if (report.memory.kind === 'damaged') return EXIT.failed;
  if (moved.length === 0) screen.line(screen.paint('good', texts.breakersQuiet));
  else printRemembered(moved, context);
  return EXIT.done;
}

/** 0 done, 2 unknown name, 1 failed. */
export async function setBreaker(
  { wish, processName, why }: Extract<Request, { command: 'breaker_set' }>,
  context: Context,
): Promise<ExitCode> {
  const { screen, texts } = context;
  const command = wish === 'reset' ? 'breaker_reset' : 'breaker_isolate';
  const reply = await ask({ command, target: processName, why }, context);
  if (reply.ok) screen.line(safeText(reply.text));
  else screen.complain(texts.error(safeText(reply.text)));
  return exitCodeOf(reply);
}
