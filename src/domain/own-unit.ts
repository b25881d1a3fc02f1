/** The texts of the units that `grant` writes: a program of the `process` strategy, and a configured command. */
import { fillCommand } from './command-template.js';
import { MARKER } from './grant-rule.js';
import type { CommandPurpose } from './own-unit-name.js';
import type { ProcessPolicy, ProgramLimits } from './process-policy.js';
import { execLine, plainWords, quoted, rawPath } from './unit-text.js';

/** What a start command comes to on this host: a program by its path, and its arguments. */
export type ResolvedStart =
  | { readonly kind: 'command'; readonly file: string; readonly args: readonly string[] }
  | { readonly kind: 'not_started'; readonly detail: string };

export type UnitText =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'refused'; readonly detail: string };

const TYPE_EXEC_SINCE = 240;

/** `start`: of `startLineOf`; `systemdVersion`: of this host. */
export function programUnit(policy: ProcessPolicy, start: ResolvedStart, systemdVersion: number): UnitText {
  if (policy.user === null)
    return refused('set `user`: the user that its program runs as, in a unit of its own (root only where it must be)');
  if (start.kind === 'not_started') return refused(`start_command: ${start.detail}`);
  const line = execLine(start.file, start.args);
  if (line === null) return refused(`start_command: ${start.file} cannot be written into a unit`);
  const pidFile = policy.pidFile === null ? null : rawPath(policy.pidFile);
  const isForking = policy.startMode === 'background';
  if (isForking && policy.pidFile !== null && pidFile === null)
    return refused('pid_file: such a path cannot be written into a unit');
  const foreground = systemdVersion >= TYPE_EXEC_SINCE ? 'exec' : 'simple';
  return unitText(policy, 'program', [
    `Type=${isForking ? 'forking' : foreground}`,
    ...(isForking && pidFile !== null ? [`PIDFile=${pidFile}`] : []),
    `User=${policy.user}`,
    ...variables(policy.environment),
    `ExecStart=${line}`,
    '# Restarted by the monitor alone, which counts and proves it.',
    'Restart=no',
    'KillMode=mixed',
    `TimeoutStartSec=${seconds(policy.commandTimeoutMs)}`,
    `TimeoutStopSec=${seconds(policy.stopTimeoutMs)}`,
    ...limitProperties(policy.limits),
  ]);
}

/** The line that a unit of its own starts; null: there is none, because a program's name alone does not say which one. */
export function startLineOf({ startCommand, systemName, workingDirectory }: ProcessPolicy): FilledLine | null {
  if (startCommand === null) return systemName.startsWith('/') ? { ok: true, line: systemName } : null;
  return fillCommand(startCommand, { systemName, workingDirectory });
}

type FilledLine = ReturnType<typeof fillCommand>;

/** A command that ends: `%d` is the directory of the settings, as no program is asked for its own. */
export function commandUnit(policy: ProcessPolicy, purpose: CommandPurpose): UnitText {
  const key = `${purpose}_command`;
  const line = purpose === 'restart' ? policy.restartCommand : policy.preRestartCommand;
  const { systemName, workingDirectory, commandUser } = policy;
  if (line === null || commandUser === null) return refused(`${key} has no command_user`);
  const filled = fillCommand(line, { systemName, workingDirectory });
  if (!filled.ok) return refused(`${key}: with command_user %d needs working_directory to be set`);
  const command = execLine(policy.shell, ['-c', filled.line]);
  if (command === null) return refused(`shell: ${policy.shell} cannot be written into a unit`);
  const { environment, processName } = policy;
  return unitText(policy, key, [
    'Type=oneshot',
    `User=${commandUser}`,
    ...variables({ ...environment, PROCESS_NAME: processName, SYSTEM_NAME: systemName }),
    `ExecStart=${command}`,
    '# What the command leaves running lives on.',
    'KillMode=process',
    `TimeoutStartSec=${seconds(policy.commandTimeoutMs)}`,
  ]);
}

function unitText(policy: ProcessPolicy, what: string, service: readonly string[]): UnitText {
  const { workingDirectory, processName } = policy;
  const directory = workingDirectory === null ? '/' : rawPath(workingDirectory);
  if (directory === null) return refused('working_directory: such a path cannot be written into a unit');
  const lines = [
    `# ${MARKER} from its settings: changed by hand, it is written anew. Changes of your own belong into a drop-in.`,
    '[Unit]',
    `Description=${plainWords(processName)} (${what}), for process-monitor`,
    '# The monitor has its own limit of restarts; a second one would only hide it.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    ...service,
    `WorkingDirectory=${directory}`,
  ];
  return { kind: 'text', text: `${lines.join('\n')}\n` };
}

function variables(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`);
}

/** As systemd calls them, `MemoryMax=…`; nothing for what is not limited. */
export function limitProperties({
  memoryMaxBytes,
  cpuQuotaPercent,
  tasksMax,
  openFiles,
}: ProgramLimits): readonly string[] {
  return [
    ...(memoryMaxBytes === null ? [] : [`MemoryMax=${memoryMaxBytes}`]),
    ...(cpuQuotaPercent === null ? [] : [`CPUQuota=${cpuQuotaPercent}%`]),
    ...(tasksMax === null ? [] : [`TasksMax=${tasksMax}`]),
    ...(openFiles === null ? [] : [`LimitNOFILE=${openFiles}`]),
  ];
}

/** Settings are whole seconds. */
function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}

function refused(detail: string): UnitText {
  return { kind: 'refused', detail };
}
