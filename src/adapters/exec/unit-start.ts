/** Starts a program as a transient unit of systemd, where it lives on whatever happens to the monitor. */
import type { ProcessIdentity } from '../../domain/unit-state.js';
import type { Clock } from '../../ports/clock.js';
import type { CommandResult, CommandRunner, RunOptions } from '../../ports/command-runner.js';
import type { StartResult } from '../../ports/process-starter.js';
import type { ProcessTable } from '../../ports/process-table.js';
import type { Random } from '../../ports/random.js';
import { FIRST_LOOK_MS } from './session-start.js';
import { refuse, type PreparedStart } from './start-preparation.js';
import {
  explainFailedUnit,
  parseUnitState,
  serviceType,
  systemdRunCommand,
  transientUnitName,
  transientUnitPattern,
  UNIT_STATE_PROPERTIES,
  type TransientUnitState,
} from './transient-unit.js';

/** What starting as a unit needs. */
export interface UnitContext {
  readonly runner: CommandRunner;
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly random: Random;
}

/** Resolves about 100 ms after systemd has started it, or with why it could not. */
export async function startInUnit(
  start: PreparedStart,
  context: UnitContext,
  options: RunOptions,
): Promise<StartResult> {
  const { runner, clock, random } = context;
  const systemctl = (...args: readonly string[]): Promise<CommandResult> =>
    runner.run({ file: 'systemctl', args: ['--no-ask-password', ...args] }, options);
  const unit = transientUnitName(start.name, random.id());
  const [version] = await Promise.all([
    systemctl('--version'),
    // What an earlier start has left as failed has been judged long ago.
    systemctl('reset-failed', '--', transientUnitPattern(start.name)),
  ]);
  const made = await runner.run(systemdRunCommand(start, unit, serviceType(printed(version))), options);
  if (isDone(made)) await clock.sleep(FIRST_LOOK_MS, options.signal);
  const shown = await systemctl('show', `--property=${UNIT_STATE_PROPERTIES}`, '--', unit);
  const state = parseUnitState(printed(shown));
  if (state.activeState === 'failed') {
    await systemctl('reset-failed', '--', unit);
    return explainFailedUnit(start, state);
  }
  if (made.kind === 'not_started' && made.reason === 'no_room') return refuse('no_room', `systemd-run: ${made.detail}`);
  if (!isDone(made)) return refuse('other', `systemd-run: ${explain(made)}`);
  return { kind: 'started', identity: await identify(state, context.table), home: 'transient_unit', unit };
}

/** null: the main process has ended with 0, its program being in the background. */
async function identify({ mainPid }: TransientUnitState, table: ProcessTable): Promise<ProcessIdentity | null> {
  const seen = mainPid === 0 ? null : await table.find(mainPid);
  return seen?.identity ?? null;
}

function isDone(result: CommandResult): boolean {
  return result.kind === 'exited' && result.exitCode === 0;
}

function printed(result: CommandResult): string {
  return 'output' in result ? result.output : '';
}

function explain(result: CommandResult): string {
  switch (result.kind) {
    case 'exited':
      return result.output.trim() || `exit code ${result.exitCode}`;
    case 'killed':
      return `killed by ${result.signal}`;
    case 'not_started':
      return result.detail;
    case 'timed_out':
      return 'no end within its time';
    case 'aborted':
      return 'aborted';
  }
}
