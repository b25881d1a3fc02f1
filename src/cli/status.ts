/** `status`: who is in alarm, what the monitor thinks of each, and what it remembers. */
import type { Finding } from '../app/inspect.js';
import { inspectStatus, type StatusReport } from '../app/inspect-status.js';
import type { AlarmRow } from '../domain/alarm.js';
import type { Context } from './context.js';
import { cutToWidth } from './display-width.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { printDaemon, printRemembered } from './memory-text.js';
import type { Request } from './request.js';
import type { Texts } from './texts-en.js';

/** 1 where the database does not answer: what is printed then is the memory alone. */
export async function showStatus(
  { isJson }: Extract<Request, { command: 'status' }>,
  context: Context,
): Promise<ExitCode> {
  const report = await inspectStatus(context.load().settings);
  if (isJson) context.screen.json(report);
  else printStatus(report, context);
  return report.database.kind === 'answers' ? EXIT.done : EXIT.failed;
}

function printStatus(report: StatusReport, context: Context): void {
  const { screen, texts } = context;
  printDaemon(report, context);
  if (report.database.kind === 'silent')
    screen.line(screen.paint('bad', texts.databaseSilent(safeText(report.database.detail))));
  else printAlarms(report, context);
  if (report.memory.kind === 'damaged') return;
  screen.line();
  if (report.memory.kind === 'none' || report.remembered.length === 0) {
    screen.line(screen.paint('faint', texts.memoryNone));
    return;
  }
  screen.line(screen.paint('strong', texts.rememberedHeading(report.memory.savedAtMs)));
  printRemembered(report.remembered, context);
}

function printAlarms({ alarms, acknowledged }: StatusReport, { screen, texts }: Context): void {
  screen.line();
  screen.line(screen.paint('strong', texts.alarmsHeading));
  if (alarms.length === 0) screen.line(screen.paint('good', texts.none));
  for (const finding of alarms) {
    screen.line(alarmLine(finding.row, texts, screen.width));
    screen.line(`    ${screen.paint(finding.isRestarted ? 'good' : 'warning', judgement(finding, texts))}`);
  }
  if (acknowledged.length === 0) return;
  screen.line();
  screen.line(screen.paint('strong', texts.acknowledgedHeading));
  for (const row of acknowledged) screen.line(alarmLine(row, texts, screen.width));
}

/** As the predecessor wrote it: one line for each row, and on a terminal no more than one line of it (`width`). */
export function alarmLine({ processId, processName, notes }: AlarmRow, texts: Texts, width: number | null): string {
  const id = processId === null ? 'NULL' : String(processId);
  const line = texts.alarmLine(id, safeText(processName ?? 'NULL'), safeText(notes ?? '')).trimEnd();
  return width === null ? line : cutToWidth(line, width);
}

/** What triage says of the row; nothing unsafe in it. */
function judgement({ reason, isRestarted }: Finding, texts: Texts): string {
  if (isRestarted && reason.code === 'dry_run') return texts.restartedNext(safeText(reason.would));
  return texts.leftAlone(safeText(texts.reason(reason)));
}
