/** `alarm` alone on a terminal: the predecessor's numbered menu. */
import { withAlarmTable, type AlarmAction, type AlarmTable, type HostProcess } from '../app/offline-alarms.js';
import { changeAndTell, choose, printProcesses } from './alarm.js';
import { raiseRounds } from './alarm-random.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ask, canAsk, type Ask } from './prompt.js';
import { onStopSignal } from './signals.js';

/** 2 where nobody is there to choose. */
export async function alarmMenu(context: Context): Promise<ExitCode> {
  const { screen, texts } = context;
  if (!canAsk()) {
    screen.complain(texts.error(texts.needsTerminal));
    return EXIT.usage;
  }
  await withAlarmTable(context.load().settings, (table) => runMenu(table, ask, context));
  return EXIT.done;
}

/** As the predecessor's random mode had it. */
const RANDOM = { minDelayMs: 10_000, maxDelayMs: 30_000, mostAtOnce: 2, rounds: null };

/** Goes round until the person leaves. */
export async function runMenu(table: AlarmTable, question: Ask, context: Context): Promise<void> {
  const { screen, texts } = context;
  for (;;) {
    screen.line();
    screen.line(screen.paint('strong', texts.menuTitle));
    texts.menu.forEach((item, index) => screen.line(`${index + 1}. ${item}`));
    const choice = await question(texts.menuChoice);
    if (choice === null || choice === '6') return;
    await follow(choice, table, question, context);
  }
}

async function follow(choice: string, table: AlarmTable, question: Ask, context: Context): Promise<void> {
  switch (choice) {
    case '1':
      printProcesses(await table.list(), context);
      return;
    case '2':
      return changeOne('raise', table, question, context);
    case '3':
      return changeAll('raise', table, question, context);
    case '4':
      return changeAll('clear', table, question, context);
    case '5':
      return randomUntilStopped(table, context);
    case '7':
      return changeOne('acknowledge', table, question, context);
    default:
      context.screen.line(context.texts.menuUnknown);
  }
}

async function changeOne(action: AlarmAction, table: AlarmTable, question: Ask, context: Context): Promise<void> {
  const { screen, texts } = context;
  const processes = await table.list();
  printProcesses(processes, context);
  const target = await question(texts.menuName);
  if (target === null || target === '') return;
  const chosen: readonly HostProcess[] = choose(processes, [target]).chosen;
  if (chosen.length === 0) screen.line(texts.unknownProcess(safeText(target)));
  else await changeAndTell(table, action, chosen, context);
}

async function changeAll(action: AlarmAction, table: AlarmTable, question: Ask, context: Context): Promise<void> {
  const { screen, texts } = context;
  const processes = await table.list();
  const answer = await question(texts.confirm[action](processes.length));
  if (answer === null || !texts.yes.test(answer)) screen.line(texts.notConfirmed);
  else await changeAndTell(table, action, processes, context);
}

async function randomUntilStopped(table: AlarmTable, context: Context): Promise<void> {
  const stop = new AbortController();
  const ended = new AbortController();
  onStopSignal((reason) => stop.abort(reason), ended.signal);
  try {
    await raiseRounds(table, RANDOM, context, stop.signal);
  } finally {
    ended.abort();
  }
}
