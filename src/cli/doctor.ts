/** `doctor`: walks through everything an installation needs, and says what mends what is wrong. */
import { runDoctor, type DoctorReport } from '../app/doctor/run-doctor.js';
import type { Finding, FindingSeverity } from '../domain/finding.js';
import { safeText } from '../domain/safe-text.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';
import type { Meaning } from './screen.js';

type DoctorRequest = Extract<Request, { command: 'doctor' }>;

/** 0: nothing that cannot work; 1: something cannot; 78: the settings cannot be used. */
export async function doctor({ probes, isJson }: DoctorRequest, context: Context): Promise<ExitCode> {
  const { file, load, screen } = context;
  const report = await runDoctor({ configFile: file, probes, load });
  const exitCode = exitCodeOf(report);
  if (isJson) screen.json({ file, exitCode, findings: report.findings });
  else printFindings(report, context);
  return exitCode;
}

function exitCodeOf({ findings, areSettingsUsable }: DoctorReport): ExitCode {
  if (!areSettingsUsable) return EXIT.config;
  return findings.some(({ severity }) => severity === 'problem') ? EXIT.failed : EXIT.done;
}

const MEANINGS: Readonly<Record<FindingSeverity, Meaning>> = {
  fine: 'good',
  warning: 'warning',
  problem: 'bad',
  skipped: 'faint',
};

/** Whole lines: a command that is cut is no command. */
function printFindings({ findings }: DoctorReport, { screen, texts }: Context): void {
  const label = ({ severity }: Finding): string => texts.findingSeverity[severity];
  const labels = Math.max(...findings.map((each) => label(each).length));
  const abouts = Math.max(...findings.map(({ about }) => safeText(about).length));
  for (const each of findings) {
    const about = safeText(each.about).padEnd(abouts);
    const severity = screen.paint(MEANINGS[each.severity], label(each).padEnd(labels));
    screen.line(`${severity}  ${about}  ${safeText(texts.findingText(each))}`);
    if (each.remedy !== null) screen.line(`${' '.repeat(labels)}  ${texts.mend(safeText(each.remedy))}`);
  }
  const count = (wanted: FindingSeverity): number => findings.filter(({ severity }) => severity === wanted).length;
  screen.line();
  if (process.geteuid?.() !== 0) screen.line(texts.doctorNotRoot);
  const problems = count('problem');
  screen.line(
    problems === 0
      ? screen.paint('good', texts.doctorFine(count('fine'), count('warning')))
      : screen.paint('bad', texts.doctorBad(problems, count('warning'))),
  );
}
