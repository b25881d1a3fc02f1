/** `grant`: what the unprivileged monitor may have restarted, as files of polkit and systemd. */
import { auditedCommand } from '../app/audited.js';
import { grant, type GrantReport } from '../app/grant.js';
import { safeText } from '../domain/safe-text.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';
import { printTable, type Cell } from './table.js';
import { differences } from './text-difference.js';

type Outcome = Awaited<ReturnType<typeof grant>>;
type GrantRequest = Extract<Request, { command: 'grant' }>;

/** 0: all granted (`--check`: in step); 1: something was refused (`--check`: not in step); 78: mistakes in the settings. */
export async function grantRights({ mode, isJson }: GrantRequest, context: Context): Promise<ExitCode> {
  const { screen, texts } = context;
  const work = (): Promise<Outcome> => grant(mode, () => context.load().settings);
  const settings = mode === 'write' ? context.load().settings : null;
  // What takes rights away must work also where the settings do not.
  const outcome =
    settings === null
      ? await work()
      : await auditedCommand(settings, { what: 'grant', target: '', why: null }, work, resultOf);
  if (outcome.kind === 'failed') {
    screen.complain(texts.error(safeText(outcome.detail)));
    return EXIT.failed;
  }
  const { report } = outcome;
  if (isJson) screen.json(report);
  else printReport(report, context);
  return isGood(report) ? EXIT.done : EXIT.failed;
}

function resultOf(outcome: Outcome): { readonly result: string; readonly detail: string | null } {
  if (outcome.kind === 'failed') return { result: 'failed', detail: outcome.detail };
  const units = outcome.report.grants.map(({ unit, verbs }) => `${unit}: ${verbs.join(', ')}`);
  return { result: isGood(outcome.report) ? 'done' : 'refused in part', detail: units.join('; ') };
}

function isGood({ mode, changes, refusals, failures }: GrantReport): boolean {
  if (failures.length > 0) return false;
  return mode === 'check' ? changes.length === 0 : refusals.length === 0;
}

function printReport(report: GrantReport, context: Context): void {
  const { screen, texts } = context;
  const { grants, refusals, notes, failures, mustRestart } = report;
  const rows: (readonly Cell[])[] = [
    ...grants.map(({ processName, unit, verbs }): readonly Cell[] => [
      { text: texts.granted, meaning: 'good' },
      processName,
      `${unit}: ${verbs.join(', ')}`,
    ]),
    ...notes.map(({ processName, detail }): readonly Cell[] => [
      { text: texts.notice, meaning: 'warning' },
      processName ?? '-',
      detail,
    ]),
    ...refusals.map(({ processName, detail }): readonly Cell[] => [
      { text: texts.grantRefused, meaning: 'bad' },
      processName ?? '-',
      detail,
    ]),
  ];
  // Whole lines: what is refused must be read to its end.
  printTable({ ...screen, width: null }, ['', '', ''], rows);
  printChanges(report, context);
  for (const failure of failures) screen.line(screen.paint('bad', texts.error(safeText(failure))));
  if (mustRestart) screen.line(screen.paint('warning', texts.grantRestart));
}

function printChanges({ mode, changes, failures }: GrantReport, { screen, texts }: Context): void {
  for (const { path, text, before } of changes) {
    const what = text === null ? 'removed' : 'written';
    screen.line(texts.grantChange[mode][what](path));
    if (mode === 'dry_run' && text !== null) printText(text, screen);
    if (mode === 'check')
      for (const line of differences(before ?? '', text ?? '')) screen.line(`    ${safeText(line)}`);
  }
  if (changes.length === 0 && failures.length === 0) screen.line(screen.paint('good', texts.grantInStep[mode]));
}

function printText(text: string, screen: Context['screen']): void {
  for (const line of text.trimEnd().split('\n')) screen.line(`    ${safeText(line)}`);
}
