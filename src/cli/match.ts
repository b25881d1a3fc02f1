/** `match NAME`: which unit or programs the policy would hit, and why the look-alikes not. */
import { matchProcess, type MatchReport } from '../app/inspect-process.js';
import type { RestartPlan } from '../domain/restart-plan.js';
import type { RunningProcess, UnitState } from '../domain/unit-state.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';
import { printTable, type Cell } from './table.js';
import type { Texts } from './texts-en.js';

/** 2 where no section speaks for the name. */
export async function match(
  { processName, isJson }: Extract<Request, { command: 'match' }>,
  context: Context,
): Promise<ExitCode> {
  const { screen, texts } = context;
  const report = await matchProcess(context.load().settings, processName);
  if (report === null) {
    screen.complain(texts.error(`${texts.unknownProcess(safeText(processName))}. ${texts.policyNone}`));
    return EXIT.usage;
  }
  if (isJson) screen.json(report);
  else printMatch(report, context);
  return EXIT.done;
}

function printMatch({ policy, unit, programs, protection, plan }: MatchReport, { screen, texts }: Context): void {
  const { systemName } = policy;
  screen.line(unit === null ? texts.unitNone(systemName) : unitLine(unit, texts));
  const rows = [
    ...programs.roots.map((running) => programRow(running, { text: texts.meant, meaning: 'good' })),
    ...programs.rejected.map(({ running, why }) =>
      programRow(running, { text: texts.notMeant(why), meaning: 'faint' }),
    ),
  ];
  screen.line(rows.length === 0 ? texts.programsNone(systemName) : texts.programsHeading);
  const { columnPid, columnUid, columnUnit, columnMeant, columnCommand } = texts;
  printTable(screen, [columnPid, columnUid, columnUnit, columnMeant, columnCommand], rows);
  screen.line(planLine(plan, protection, texts));
}

function unitLine({ id, names, loadState, activeState, subState, mainPid }: UnitState, texts: Texts): string {
  const aliases = names.filter((name) => name !== id).join(', ');
  const mainProgram = mainPid === 0 ? '' : `, main pid ${mainPid}`;
  return safeText(texts.unitFound(id, aliases, `${loadState}, ${activeState}/${subState}${mainProgram}`));
}

function programRow({ identity, uid, unit, argv, executable, comm }: RunningProcess, meant: Cell): readonly Cell[] {
  const command = argv.length > 0 ? argv.join(' ') : (executable ?? comm);
  return [String(identity.pid), String(uid), unit ?? '', meant, command];
}

function planLine(plan: RestartPlan, protection: string | null, texts: Texts): string {
  if (protection !== null) return safeText(texts.planRefuse(protection));
  switch (plan.kind) {
    case 'act':
    case 'leave':
      return safeText(texts.planAct(plan.how));
    case 'refuse':
    case 'yield':
      return safeText(texts.planRefuse(plan.detail));
  }
}
