/** What the monitor remembers of a process, in words: shared by status, explain and the breakers. */
import type { BudgetUse, RememberedBreaker, RememberedProcess } from '../app/inspect-memory.js';
import type { StatusReport } from '../app/inspect-status.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import type { Meaning } from './screen.js';
import { printTable, type Cell } from './table.js';
import type { Texts } from './texts-en.js';

export function breakerText(breaker: RememberedBreaker, texts: Texts): string {
  switch (breaker.kind) {
    case 'closed':
      return breaker.failures === 0 ? texts.breakerClosed : texts.breakerFailures(breaker.failures);
    case 'open':
      return texts.breakerOpen(breaker.retryInMs);
    case 'half_open':
      return texts.breakerHalfOpen;
    case 'isolated':
      return texts.breakerIsolated;
  }
}

const MEANINGS: Readonly<Record<RememberedBreaker['kind'], Meaning>> = {
  closed: 'good',
  open: 'bad',
  half_open: 'warning',
  isolated: 'warning',
};

export function budgetText({ used, limit, windowMs, waitMs }: BudgetUse, texts: Texts): string {
  const use = texts.budget(used, limit, windowMs);
  return waitMs > 0 ? `${use}, ${texts.budgetWait(waitMs)}` : use;
}

/** What is under way or owed; empty: nothing. */
export function nowText({ inFlight, owed, watch, handled, refusal }: RememberedProcess, texts: Texts): string {
  const parts: string[] = [];
  if (inFlight !== null) parts.push(texts.inFlight(inFlight.sinceMs, inFlight.attempt));
  if (owed !== null) parts.push(owed.kind === 'clear' ? texts.owesClear(owed.sinceMs) : texts.owesRaise(owed.sinceMs));
  if (watch !== null) parts.push(texts.watched(watch.leftMs));
  if (handled !== null) parts.push(texts.handled(handled.sinceMs));
  if (refusal !== null) parts.push(texts.refused(refusal.detail, refusal.retryInMs));
  return parts.join('; ');
}

/** One row for each process. */
export function printRemembered(remembered: readonly RememberedProcess[], { screen, texts }: Context): void {
  const headings = [texts.columnId, texts.columnName, texts.columnBreaker, texts.columnRestarts, texts.columnNow];
  const rows = remembered.map((each): readonly Cell[] => [
    String(each.processId),
    each.processName,
    { text: breakerText(each.breaker, texts), meaning: MEANINGS[each.breaker.kind] },
    budgetText(each.budget, texts),
    nowText(each, texts),
  ]);
  printTable(screen, headings, rows);
}

/** Whether the monitor runs, and what keeps its memory from being shown. */
export function printDaemon(
  { daemon, memory }: Pick<StatusReport, 'daemon' | 'memory'>,
  { screen, texts }: Context,
): void {
  switch (daemon.kind) {
    case 'running':
      screen.line(texts.monitorRuns(daemon.pid === null ? '?' : String(daemon.pid)));
      if (daemon.blindSinceMs !== null) screen.line(screen.paint('bad', texts.monitorBlind(daemon.blindSinceMs)));
      break;
    case 'not_running':
      screen.line(screen.paint('warning', texts.monitorStopped));
      break;
    case 'unknown':
      screen.line(screen.paint('warning', texts.monitorUnknown(safeText(daemon.detail))));
      break;
  }
  if (memory.kind === 'damaged') screen.line(screen.paint('bad', texts.memoryDamaged(safeText(memory.detail))));
}
