/** `explain NAME`: the policy, every counter with its window and its end, and what the next alarm would do. */
import type { Finding } from '../app/inspect.js';
import type { RememberedProcess } from '../app/inspect-memory.js';
import { explainProcess, type Explanation } from '../app/inspect-process.js';
import { assertNever } from '../domain/outcome.js';
import type { HealthCheck, ProcessPolicy } from '../domain/process-policy.js';
import { isUnitWatched } from '../domain/unit-failure.js';
import type { Context } from './context.js';
import { safeText } from '../domain/safe-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { breakerText, budgetText, nowText } from './memory-text.js';
import type { Request } from './request.js';
import { printTable } from './table.js';
import type { Texts } from './texts-en.js';

/** 2 where nobody knows the name: no section, no row, no memory. */
export async function explain(
  { processName, isJson }: Extract<Request, { command: 'explain' }>,
  context: Context,
): Promise<ExitCode> {
  const { screen, texts } = context;
  const found = await explainProcess(context.load(), processName);
  if (found.policy?.origin !== 'own_section' && found.ids.length === 0 && found.database.kind === 'answers') {
    screen.complain(texts.error(texts.unknownProcess(safeText(processName))));
    return EXIT.usage;
  }
  if (isJson) screen.json(found);
  else printExplanation(found, context);
  return EXIT.done;
}

function printExplanation(found: Explanation, context: Context): void {
  const { screen, texts } = context;
  const { policy, database } = found;
  const heading = (text: string): void => screen.line(screen.paint('strong', text));
  heading(safeText(found.processName));
  screen.line(policyLine(policy, texts));
  if (database.kind === 'silent') screen.line(screen.paint('bad', texts.databaseSilent(safeText(database.detail))));
  if (found.set.length > 0) heading(texts.setHeading);
  printTable(
    screen,
    ['', '', ''],
    found.set.map(({ key, text, from }) => [`  ${key}`, `= ${text}`, from]),
  );
  if (policy !== null) {
    heading(texts.wayHeading);
    for (const line of wayLines(policy, texts)) screen.line(`  ${line}`);
  }
  heading(texts.countersHeading);
  printCounters(found, context);
  heading(texts.nextHeading);
  for (const finding of found.next) screen.line(`  ${nextLine(finding, context)}`);
}

function policyLine(policy: ProcessPolicy | null, texts: Texts): string {
  if (policy === null) return texts.policyNone;
  return policy.origin === 'own_section'
    ? texts.policyOwn(safeText(`process.${policy.processName}`))
    : texts.policyDefault;
}

function wayLines(policy: ProcessPolicy, texts: Texts): readonly string[] {
  const checks = policy.healthChecks.map((check) => safeText(checkText(check))).join(', ');
  return [
    texts.attempts(policy.maxAttempts, policy.restartDelayMs, policy.strategy),
    texts.proof(checks, policy.healthCheckTimeoutMs),
    isUnitWatched(policy) ? texts.unitWatched : texts.unitUnwatched,
  ];
}

function checkText(check: HealthCheck): string {
  switch (check.kind) {
    case 'command':
      return check.commandLine;
    case 'http':
      return check.url;
    case 'tcp':
      return `${check.host}:${check.port}`;
    default:
      return assertNever(check);
  }
}

function printCounters({ remembered, policy, hostBudget }: Explanation, { screen, texts }: Context): void {
  const line = (text: string): void => screen.line(`  ${text}`);
  for (const each of remembered) {
    line(texts.process(String(each.processId)));
    for (const counter of counterLines(each, texts)) line(`  ${counter}`);
  }
  if (remembered.length === 0) line(texts.nothingRemembered);
  if (policy !== null) {
    const { maxFailures, resetAfterMs, maxOpenMs } = policy.breaker;
    line(screen.paint('faint', texts.breakerRule(maxFailures, policy.stableTimeMs)));
    line(screen.paint('faint', texts.breakerWait(resetAfterMs, maxOpenMs)));
  }
  line(texts.hostRestarts(budgetText(hostBudget, texts)));
}

function counterLines(each: RememberedProcess, texts: Texts): readonly string[] {
  const now = nowText(each, texts);
  return [
    texts.breaker(breakerText(each.breaker, texts)),
    texts.restarts(budgetText(each.budget, texts)),
    ...(now === '' ? [] : [texts.now(safeText(now))]),
  ];
}

function nextLine({ row, reason, isRestarted }: Finding, { screen, texts }: Context): string {
  // The imaginary row's id is nobody's.
  const about = row.processId !== null && row.processId >= 0 ? `${texts.process(String(row.processId))}: ` : '';
  const line =
    isRestarted && reason.code === 'dry_run'
      ? screen.paint('good', texts.wouldRestart(safeText(reason.would)))
      : screen.paint('warning', texts.wouldSkip(safeText(texts.reason(reason))));
  return `${about}${line}`;
}
