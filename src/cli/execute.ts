/** Carries out one request; what can be expected to fail becomes words and an exit code. */
import { failureText } from '../app/failure-text.js';
import type { Environment } from '../config/environment.js';
import { ConfigError } from '../config/issues.js';
import type * as Commands from './commands.js';
import { createContext, type Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT } from './exit-codes.js';
import type { GlobalOptions, Request } from './request.js';
import type { Screen } from './screen.js';

export interface Asked {
  readonly request: Request;
  readonly globals: GlobalOptions;
}

/** Anything but an expected failure passes through: it is a bug. */
export async function execute({ request, globals }: Asked, environment: Environment, screen: Screen): Promise<number> {
  const context = createContext(globals, environment, screen);
  const { texts } = context;
  try {
    return await dispatch(request, context);
  } catch (cause: unknown) {
    if (cause instanceof ConfigError) {
      for (const line of cause.message.split('\n')) screen.complain(line);
      return EXIT.config;
    }
    const failure = failureText(cause);
    if (failure === null) throw cause;
    screen.complain(texts.error(safeText(failure)));
    return EXIT.failed;
  }
}

async function dispatch(request: Request, context: Context): Promise<number> {
  if (request.command === 'run') return (await import('./run.js')).run(request, context);
  // Asked so often, by people and by scripts, that it has a part of its own.
  if (request.command === 'status') return (await import('./status.js')).showStatus(request, context);
  return answer(request, context, await import('./commands.js'));
}

type Question = Exclude<Request, { command: 'run' | 'status' }>;

function answer(request: Question, context: Context, commands: typeof Commands): Promise<number> | number {
  switch (request.command) {
    case 'config_check':
      return commands.checkConfig(request, context);
    case 'config_show':
      return commands.showConfig(request, context);
    case 'doctor':
      return commands.doctor(request, context);
    case 'restart':
      return commands.restart(request, context);
    case 'reload':
      return commands.reload(context);
    case 'explain':
      return commands.explain(request, context);
    case 'match':
      return commands.match(request, context);
    case 'alarm_menu':
      return commands.alarmMenu(context);
    case 'alarm_list':
      return commands.listAlarms(request, context);
    case 'alarm_change':
      return commands.changeAlarms(request, context);
    case 'alarm_random':
      return commands.randomAlarms(request, context);
    case 'breaker_list':
      return commands.listBreakers(request, context);
    case 'breaker_set':
      return commands.setBreaker(request, context);
    case 'grant':
      return commands.grantRights(request, context);
    case 'migrate':
      return commands.migrateTables(request, context);
    case 'demo':
      return commands.demo(request);
  }
}
