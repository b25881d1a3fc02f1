/** `migrate`: prepares the tables so that no alarm that is raised again is ever missed, and makes our own. */
import { migrate, type MigrationLine, type MigrationReport } from '../app/migrate.js';
import { safeText } from '../domain/safe-text.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Request } from './request.js';

type MigrateRequest = Extract<Request, { command: 'migrate' }>;

/** 0: all is there (or gone, or shown); 1: refused; 2: a password file that cannot be used. */
export async function migrateTables(request: MigrateRequest, context: Context): Promise<ExitCode> {
  const { screen, texts } = context;
  const result = await migrate(context.load().settings, request);
  switch (result.kind) {
    case 'not_needed':
      screen.line(texts.migrateNotNeeded);
      return EXIT.done;
    case 'bad_password_file':
      screen.complain(texts.error(safeText(result.detail)));
      return EXIT.usage;
    case 'refused':
      printLines(result.lines, context);
      if (result.detail !== '') screen.complain(texts.error(safeText(result.detail)));
      screen.complain(texts.migrateRefused[result.reason]);
      return EXIT.failed;
    case 'migrated':
      printReport(result.report, request, context);
      return EXIT.done;
  }
}

function printReport(report: MigrationReport, request: MigrateRequest, context: Context): void {
  const { screen, texts } = context;
  screen.line(`-- ${safeText(report.server)}`);
  printLines(report.lines, context);
  if (!report.isHidden && request.direction === 'migrate') screen.complain(texts.migrateVisible);
  if (report.grants.length > 0) {
    screen.line(`-- ${texts.migrateGrants}`);
    for (const grant of report.grants) screen.line(`${safeText(grant)};`);
  }
  if (!request.isDryRun) screen.line(`-- ${texts.migrateDone[request.direction]}`);
}

/** As a script: what is no SQL is a comment in it. */
function printLines(lines: readonly MigrationLine[], { screen, texts }: Context): void {
  for (const { sql, result } of lines) {
    if (result === 'already') screen.line(screen.paint('faint', `-- ${texts.migrateAlready}`));
    screen.line(`${safeText(sql)};`);
  }
}
