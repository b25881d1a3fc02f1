/** A command in a scope of its own: what it leaves running then is no part of the monitor's unit, and does not end with it. */
import type { Command } from '../../ports/command-runner.js';

const PREFIX = 'process-monitor-';

/** systemd-run makes the scope and becomes the command: number, session and exit code are the command's own. */
export function inOwnScope(command: Command, scope: string, run: number): Command {
  const options = ['--scope', '--quiet', '--no-ask-password', '--collect', `--unit=${PREFIX}${scope}-${run}.scope`];
  // By default the whole command would stand there, for everybody to read.
  const description = '--description=A command of process-monitor';
  return { ...command, file: 'systemd-run', args: [...options, description, '--', command.file, ...command.args] };
}

/** Kills at once what runs in any run of this scope; says nothing where there is none. */
export function endScopeCommand(scope: string): Command {
  const args = ['--no-ask-password', '--quiet', 'kill', '--signal=KILL', '--', `${PREFIX}${scope}-*.scope`];
  return { file: 'systemctl', args };
}
