/** Carries out one request; what can be expected to fail becomes words and an exit code. */
import { failureText } from '../app/inspect.js';
import { ConfigError } from '../config/issues.js';
import { alarmMenu } from './alarm-menu.js';
import { randomAlarms } from './alarm-random.js';
import { changeAlarms, listAlarms } from './alarm.js';
import { listBreakers, setBreaker } from './breaker.js';
import { checkConfig } from './config-check.js';
import { showConfig } from './config-show.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { demo } from './demo.js';
import { EXIT } from './exit-codes.js';
import { doctor } from './doctor.js';
import { explain } from './explain.js';
import { match } from './match.js';
import { grantRights } from './grant.js';
import { migrateTables } from './migrate.js';
import type { Request } from './request.js';
import { reload } from './reload.js';
import { restart } from './restart.js';
import { run } from './run.js';
import { showStatus } from './status.js';

/** Anything but an expected failure passes through: it is a bug. */
export async function execute(request: Request, context: Context): Promise<number> {
  const { screen, texts } = context;
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
  switch (request.command) {
    case 'run':
      return run(request, context);
    case 'config_check':
      return checkConfig(request, context);
    case 'config_show':
      return showConfig(request, context);
    case 'doctor':
      return doctor(request, context);
    case 'status':
      return showStatus(request, context);
    case 'restart':
      return restart(request, context);
    case 'reload':
      return reload(context);
    case 'explain':
      return explain(request, context);
    case 'match':
      return match(request, context);
    case 'alarm_menu':
      return alarmMenu(context);
    case 'alarm_list':
      return listAlarms(request, context);
    case 'alarm_change':
      return changeAlarms(request, context);
    case 'alarm_random':
      return randomAlarms(request, context);
    case 'breaker_list':
      return listBreakers(request, context);
    case 'breaker_set':
      return setBreaker(request, context);
    case 'grant':
      return grantRights(request, context);
    case 'migrate':
      return migrateTables(request, context);
    case 'demo':
      return demo(request);
  }
}
