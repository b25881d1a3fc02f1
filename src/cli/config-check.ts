/** `config check`: every mistake of the settings at once, and on request whether what they name is there. */
import type { HostFinding } from '../app/host-finding.js';
import { inspectHost } from '../app/inspect-host.js';
import { ConfigError, formatIssue, type ConfigIssue } from '../config/issues.js';
import type { LoadedSettings } from '../config/settings-from-text.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';
import type { Meaning, Screen } from './screen.js';
import { printTable } from './table.js';

type CheckRequest = Extract<Request, { command: 'config_check' }>;

interface CheckReport {
  readonly file: string;
  readonly errors: readonly ConfigIssue[];
  readonly notices: readonly ConfigIssue[];
  /** null: not asked for, or the settings are not usable. */
  readonly host: readonly HostFinding[] | null;
}

/** 0: all well; 78: mistakes in the settings; 1: the settings are fine, but something they name cannot work. */
export async function checkConfig(request: CheckRequest, context: Context): Promise<ExitCode> {
  const { file, screen } = context;
  const read = readSettings(context);
  if (read instanceof ConfigError) {
    const report: CheckReport = { file, errors: read.issues, notices: read.notices, host: null };
    if (request.isJson) screen.json(report);
    else printMistakes(report, context);
    return EXIT.config;
  }
  const host = request.connects ? await inspectHost(read.settings) : null;
  const report: CheckReport = { file, errors: [], notices: read.notices, host };
  if (request.isJson) screen.json(report);
  else printFine(report, read.settings.processes.listedNames.length, context);
  return host?.some(({ severity }) => severity === 'problem') === true ? EXIT.failed : EXIT.done;
}

function readSettings({ load }: Context): LoadedSettings | ConfigError {
  try {
    return load();
  } catch (cause: unknown) {
    if (cause instanceof ConfigError) return cause;
    throw cause;
  }
}

function printMistakes({ file, errors, notices }: CheckReport, { screen, texts }: Context): void {
  for (const issue of errors) screen.line(screen.paint('bad', formatIssue(issue)));
  printNotices(notices, texts.notice, screen);
  screen.line(texts.configWrong(file, errors.length));
}

function printFine({ file, notices, host }: CheckReport, processes: number, { screen, texts }: Context): void {
  printNotices(notices, texts.notice, screen);
  screen.line(screen.paint('good', texts.configFine(file, processes)));
  if (host === null) return;
  const rows = host.map(({ severity, about, text }) => [
    { text: texts.severity[severity], meaning: MEANINGS[severity] },
    about,
    text,
  ]);
  // Whole lines: what cannot work must be read to its end.
  printTable({ ...screen, width: null }, ['', '', ''], rows);
  const problems = host.filter(({ severity }) => severity === 'problem').length;
  screen.line(
    problems === 0 ? screen.paint('good', texts.hostFine) : screen.paint('bad', texts.hostProblems(problems)),
  );
}

const MEANINGS: Readonly<Record<HostFinding['severity'], Meaning>> = {
  fine: 'good',
  warning: 'warning',
  problem: 'bad',
};

function printNotices(notices: readonly ConfigIssue[], label: string, screen: Screen): void {
  for (const notice of notices) screen.line(`${screen.paint('warning', `${label}:`)} ${formatIssue(notice)}`);
}
