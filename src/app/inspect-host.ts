/** Tries what the settings name against this host: the database, each unit, executable, user, directory and pid file. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SYSTEM_PATH } from '../adapters/exec/clean-environment.js';
import { parseCommandLine } from '../adapters/exec/command-line.js';
import { resolveExecutable } from '../adapters/exec/resolve-executable.js';
import { lookupUser } from '../adapters/exec/user-lookup.js';
import { fillCommand } from '../domain/command-template.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { shellCommand } from '../domain/shell-word.js';
import { protection } from '../domain/protected-names.js';
import type { UnitState } from '../domain/unit-state.js';
import type { Settings } from '../config/settings.js';
import { QUESTION_TIMEOUT_MS } from '../engine/deps.js';
import { findPrograms } from '../engine/observe.js';
import type { StoreReport } from '../ports/alarm-store.js';
import { StoreError } from '../ports/store-error.js';
import type { HostFinding } from './host-finding.js';
import { inspectRights } from './inspect-rights.js';
import { refuseMissingFile } from './glance.js';
import { inspect, type Inspection } from './inspect.js';

type Findings = readonly HostFinding[];
type Note = (severity: HostFinding['severity'], text: string, remedy?: string | null) => HostFinding;

const noteOn =
  (about: string): Note =>
  (severity, text, remedy = null) => ({ severity, about, text, ...(remedy === null ? {} : { remedy }) });

/** Changes nothing. The database first, then the processes in the order of the file. */
export function inspectHost(settings: Settings): Promise<Findings> {
  return inspect(settings, async (inspection) => {
    const directory = existingParent(settings.monitor.stateDirectory);
    const note = noteOn('monitor');
    return [
      ...(await tryDatabase(inspection)),
      note(
        isWritable(directory) ? 'fine' : 'problem',
        `state_dir: ${directory} can${isWritable(directory) ? '' : 'not'} be written`,
      ),
      await tryUnitWay(inspection),
      ...(await inspectRights(settings, inspection.ports)),
      ...(await inspectProcesses(settings, inspection)),
    ];
  });
}

async function tryUnitWay({ ports }: Inspection): Promise<HostFinding> {
  const note = noteOn('monitor');
  const { choice, problem } = await ports.askUnitWay();
  if (choice === 'systemctl') return note('fine', 'units are reached by systemctl, as unit_manager says');
  if (problem === null) return note('fine', 'units are reached over D-Bus');
  return choice === 'dbus'
    ? note(
        'problem',
        `units cannot be reached: the bus does not answer (${problem}), and unit_manager = dbus allows no other way`,
      )
    : note('warning', `the bus does not answer (${problem}): a monitor that is root uses systemctl, any other waits`);
}

/** What the section of each process names: unit, programs, user, places. */
export function inspectProcesses({ processes }: Settings, ports: Pick<Inspection, 'ports'>): Promise<Findings> {
  const policies = processes.listedNames.map((name) => processes.policyFor(name)).filter((policy) => policy !== null);
  return tryProcesses(ports, policies);
}

async function tryDatabase({ settings, store }: Inspection): Promise<Findings> {
  const note = noteOn('database');
  try {
    refuseMissingFile(settings);
    return databaseFindings(await store.probe(new AbortController().signal), note);
  } catch (cause: unknown) {
    if (!(cause instanceof StoreError)) throw cause;
    return [note('problem', cause.message)];
  }
}

function databaseFindings({ server, writes, facts, warnings }: StoreReport, note: Note): Findings {
  const write = { full: 'alarm and note', alarm_only: 'the alarm only', none: 'nothing' }[writes];
  return [
    note('fine', `${server} answers; written back: ${write}`),
    ...facts.map((fact) => note('fine', fact)),
    ...warnings.map((warning) => note('warning', warning)),
  ];
}

async function tryProcesses(
  inspection: Pick<Inspection, 'ports'>,
  policies: readonly ProcessPolicy[],
): Promise<Findings> {
  const { units } = inspection.ports;
  const names = policies.filter(({ strategy }) => strategy !== 'process').map(({ systemName }) => systemName);
  const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal: new AbortController().signal };
  const states = names.length === 0 ? new Map<string, UnitState>() : await units.describe(names, options);
  const findings: HostFinding[] = [];
  if (states === 'unavailable') findings.push(noteOn('monitor')('warning', 'systemd does not run here'));
  if (states === 'no_answer')
    findings.push(noteOn('monitor')('warning', 'systemd does not answer: units are not looked at'));
  for (const policy of policies) {
    const note = noteOn(policy.processName);
    const unit = typeof states === 'string' ? null : (states.get(policy.systemName) ?? null);
    if (states !== 'no_answer' || policy.strategy === 'process')
      findings.push(...(await tryTarget(inspection, policy, unit)));
    findings.push(...tryCommands(policy, note), ...(await tryUser(inspection, policy)), ...tryPaths(policy, note));
  }
  return findings;
}

/** What the strategy acts on. */
async function tryTarget(
  { ports }: Pick<Inspection, 'ports'>,
  policy: ProcessPolicy,
  unit: UnitState | null,
): Promise<Findings> {
  const note = noteOn(policy.processName);
  const { systemName, strategy } = policy;
  const isThere = unit !== null && unit.loadState !== 'not-found';
  const guarded = protection([systemName, ...(unit === null ? [] : [unit.id, ...unit.names])], policy.allowProtected);
  if (guarded !== null) return [note('problem', guarded)];
  if (isThere) return [unitFinding(unit, note)];
  if (policy.restartCommand !== null) return [];
  if (strategy === 'service') return [note('problem', `there is no unit ${systemName}`)];
  if (policy.startCommand !== null || executableAt(systemName, policy).kind === 'found')
    return [note('fine', `program ${systemName} can be started`)];
  const { roots } = await findPrograms(ports, policy, new AbortController().signal);
  const missing = strategy === 'auto' ? `neither a unit nor a program ${systemName}` : `no program ${systemName}`;
  return [
    roots.length > 0
      ? note('warning', `${systemName} runs, but no executable of that name is found to start it: set start_command`)
      : note('problem', `${missing} is found, and there is no start_command`),
  ];
}

function unitFinding(unit: UnitState, note: Note): HostFinding {
  const state = `unit ${unit.id}: ${unit.loadState}, ${unit.activeState}/${unit.subState}`;
  if (unit.loadState === 'masked') return note('problem', state, shellCommand('systemctl', 'unmask', '--', unit.id));
  if (unit.loadState !== 'loaded') return note('problem', state);
  return unit.refusesManualStart ? note('problem', `${state}; it refuses to be started by hand`) : note('fine', state);
}

/** Words of the shell itself: no file stands behind them. */
const SHELL_WORDS = new Set(
  '. : [ break case cd command continue eval exec exit export for if read readonly return set shift test times trap type ulimit umask unset until wait while { !'.split(
    ' ',
  ),
);

function tryCommands(policy: ProcessPolicy, note: Note): Findings {
  const checks = policy.healthChecks.flatMap((check) => (check.kind === 'command' ? [check.commandLine] : []));
  const commands: readonly (readonly [key: string, line: string | null])[] = [
    ['pre_restart_command', policy.preRestartCommand],
    ['restart_command', policy.restartCommand],
    ['start_command', policy.startCommand],
    ...checks.map((line) => ['health_check_command', line] as const),
  ];
  return commands.flatMap(([key, line]) => (line === null ? [] : [tryCommand(key, line, policy, note)]));
}

function tryCommand(key: string, line: string, policy: ProcessPolicy, note: Note): HostFinding {
  const workingDirectory = policy.workingDirectory ?? '/';
  const filled = fillCommand(line, { systemName: policy.systemName, workingDirectory });
  const parsed = parseCommandLine(filled.ok ? filled.line : line);
  if (parsed.kind === 'bad') return note('problem', `${key}: ${parsed.detail}`);
  const program = parsed.kind === 'words' ? parsed.words[0] : parsed.program;
  if (program === null) return note('fine', `${key}: a line for the shell, its programs are not looked at`);
  const isShellLine = key !== 'start_command' || parsed.kind === 'shell';
  if (isShellLine && SHELL_WORDS.has(program)) return note('fine', `${key}: ${program} is a word of the shell`);
  const found = executableAt(program, policy);
  switch (found.kind) {
    case 'found':
      return note('fine', `${key}: ${found.path}`);
    case 'not_permitted':
      return note('problem', `${key}: not executable: ${found.path}`, shellCommand('chmod', 'a+x', '--', found.path));
    case 'missing':
      return note('problem', `${key}: missing executable: ${program}`);
  }
}

function executableAt(program: string, policy: ProcessPolicy): ReturnType<typeof resolveExecutable> {
  return resolveExecutable(program, policy.environment['PATH'] ?? SYSTEM_PATH, policy.workingDirectory ?? '/');
}

async function tryUser({ ports }: Pick<Inspection, 'ports'>, { user, processName }: ProcessPolicy): Promise<Findings> {
  if (user === null) return [];
  const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal: new AbortController().signal };
  const account = await lookupUser(user, ports.runner, options);
  const note = noteOn(processName);
  return [
    account === null
      ? note('problem', `user: unknown user: ${user}`, shellCommand('useradd', '--system', '--user-group', '--', user))
      : note('fine', `user: ${user} (uid ${account.uid})`),
  ];
}

function tryPaths({ workingDirectory, pidFile }: ProcessPolicy, note: Note): Findings {
  const findings: HostFinding[] = [];
  if (workingDirectory !== null && !isDirectory(workingDirectory))
    findings.push(
      note(
        'problem',
        `working_directory: no such directory: ${workingDirectory}`,
        shellCommand('mkdir', '-p', '--', workingDirectory),
      ),
    );
  if (pidFile !== null && !isDirectory(dirname(pidFile)))
    findings.push(note('problem', `pid_file: no such directory: ${dirname(pidFile)}`));
  else if (pidFile !== null && !existsSync(pidFile))
    findings.push(note('warning', `pid_file: ${pidFile} is not there now`));
  return findings;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The directory itself, or the nearest one above it that is there: where it would be made. */
function existingParent(path: string): string {
  return isDirectory(path) || dirname(path) === path ? path : existingParent(dirname(path));
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
