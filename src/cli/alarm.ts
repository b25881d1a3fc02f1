/** `alarm …`: the alarm table by hand. */
import {
  withAlarmTable,
  type AlarmAction,
  type AlarmState,
  type AlarmTable,
  type HostProcess,
} from '../app/offline-alarms.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ask, canAsk } from './prompt.js';
import type { AlarmChange, Request } from './request.js';
import type { Meaning } from './screen.js';
import { printTable } from './table.js';

export function listAlarms(
  { isJson }: Extract<Request, { command: 'alarm_list' }>,
  context: Context,
): Promise<ExitCode> {
  return withAlarmTable(context.load().settings, async (table) => {
    const processes = await table.list();
    if (isJson) context.screen.json(processes);
    else printProcesses(processes, context);
    return EXIT.done;
  });
}

const MEANINGS: Readonly<Record<AlarmState, Meaning>> = { normal: 'good', alarmed: 'bad', acknowledged: 'warning' };

export function printProcesses(processes: readonly HostProcess[], { screen, texts }: Context): void {
  if (processes.length === 0) screen.line(texts.noProcesses);
  const headings = [texts.columnId, texts.columnName, texts.columnState, texts.columnNotes];
  const rows = processes.map(({ processId, processName, state, notes }) => [
    String(processId),
    processName ?? 'NULL',
    { text: texts.state[state], meaning: MEANINGS[state] },
    notes ?? '',
  ]);
  printTable(screen, headings, rows);
}

/** 2 where a name or id is unknown, or nobody has agreed; nothing is changed then. */
export function changeAlarms(request: AlarmChange, context: Context): Promise<ExitCode> {
  const { screen, texts } = context;
  return withAlarmTable(context.load().settings, async (table) => {
    const processes = await table.list();
    const { chosen, unknown } = request.isAll ? { chosen: processes, unknown: [] } : choose(processes, request.targets);
    for (const target of unknown) screen.complain(texts.error(texts.unknownProcess(safeText(target))));
    if (unknown.length > 0) return EXIT.usage;
    if (request.isAll && !request.isAgreed) {
      if (!canAsk()) {
        screen.complain(texts.error(texts.needsYes));
        return EXIT.usage;
      }
      if (!(await isConfirmed(request.action, chosen.length, context))) {
        screen.line(texts.notConfirmed);
        return EXIT.done;
      }
    }
    await changeAndTell(table, request.action, chosen, context);
    return EXIT.done;
  });
}

async function isConfirmed(action: AlarmAction, count: number, { texts }: Context): Promise<boolean> {
  const answer = await ask(texts.confirm[action](count));
  return answer !== null && texts.yes.test(answer);
}

export async function changeAndTell(
  table: AlarmTable,
  action: AlarmAction,
  processes: readonly HostProcess[],
  { screen, texts }: Context,
): Promise<void> {
  screen.line(texts.changed[action](await table.apply(action, processes)));
}

/** A target is an id or a whole name; a name means every process that is called so. */
export function choose(
  processes: readonly HostProcess[],
  targets: readonly string[],
): { readonly chosen: readonly HostProcess[]; readonly unknown: readonly string[] } {
  const meant = targets.map((target) => {
    const byId = processes.filter(({ processId }) => String(processId) === target);
    return byId.length > 0 ? byId : processes.filter(({ processName }) => processName === target);
  });
  return {
    chosen: [...new Set(meant.flat())],
    unknown: targets.filter((_, index) => meant[index]?.length === 0),
  };
}
