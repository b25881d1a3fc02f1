/** The words that are exchanged with systemd about a transient unit: its name, the command that makes it, and its state. */
import { limitProperties } from '../../domain/own-unit.js';
import type { Command } from '../../ports/command-runner.js';
import { explainEnd, refuse, type PreparedStart, type StartRefusal } from './start-preparation.js';

const LONGEST_NAME = 150;
const ID_LENGTH = 12;

/** Example: `pm-payment-gateway-3f9a0c5512de.service`. */
export function transientUnitName(name: string, id: string): string {
  return `${base(name)}-${id}.service`;
}

/** Matches every unit that was made for this name, and none that was made for another. */
export function transientUnitPattern(name: string): string {
  return `${base(name)}-${'?'.repeat(ID_LENGTH)}.service`;
}

function base(name: string): string {
  return `pm-${name.replace(/[^A-Za-z0-9:_.-]/g, '_').slice(0, LONGEST_NAME)}`;
}

/** Since systemd 240 a unit counts as started only after its program could be executed. */
const TYPE_EXEC_SINCE = 240;

/** Takes the first line of `systemctl --version`; an unreadable one is taken for an old systemd. */
export function serviceType(versionText: string): 'exec' | 'simple' {
  return Number(/^systemd (\d+)/.exec(versionText)?.[1] ?? 0) >= TYPE_EXEC_SINCE ? 'exec' : 'simple';
}

/**
 * The command that starts the program as a unit. Only the main process belongs to the unit's life (KillMode=process):
 * a command that leaves its program in the background and ends does not take the program with it. The unit is kept
 * when it fails, so that its exit status can be read.
 */
export function systemdRunCommand(start: PreparedStart, unit: string, type: 'exec' | 'simple'): Command {
  const options = [
    '--quiet',
    '--no-ask-password',
    `--unit=${unit}`,
    `--description=${start.name}, started by process-monitor`,
    `--service-type=${type}`,
    '--property=KillMode=process',
    `--property=WorkingDirectory=${start.workingDirectory}`,
    ...(start.limits === undefined ? [] : limitProperties(start.limits).map((limit) => `--property=${limit}`)),
    ...(start.user === null ? [] : [`--uid=${start.user.name}`]),
    ...Object.entries(start.environment).map(([key, value]) => `--setenv=${key}=${value}`),
  ];
  // systemd would replace variables in the arguments, which are the program's own.
  const args = start.args.map((argument) => argument.replaceAll('$', '$$$$'));
  return { file: 'systemd-run', args: [...options, '--', start.file, ...args] };
}

/** What systemd knows of the unit's main process. */
export interface TransientUnitState {
  /** `failed`, `active`, …; `inactive` also where the unit is gone. */
  readonly activeState: string;
  /** 0: none. */
  readonly mainPid: number;
  /** `exited`, `killed` or `dumped` as a number of CLD_… (1, 2, 3); 0: has not ended. */
  readonly exitKind: number;
  /** Exit code or signal. */
  readonly exitStatus: number;
}

/** Properties that `parseUnitState` reads. */
export const UNIT_STATE_PROPERTIES = 'ActiveState,MainPID,ExecMainCode,ExecMainStatus';

/** Takes lines of `systemctl show`: `MainPID=4242`. */
export function parseUnitState(text: string): TransientUnitState {
  const values = new Map(text.split('\n').map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]));
  const number = (key: string): number => Number(values.get(key) ?? 0);
  return {
    activeState: values.get('ActiveState') ?? '',
    mainPid: number('MainPID'),
    exitKind: number('ExecMainCode'),
    exitStatus: number('ExecMainStatus'),
  };
}

const KILLED = 2;
const DUMPED = 3;

/** Why a failed unit's program has ended. Source of the codes from 200 on: systemd.exec(5), process exit codes. */
export function explainFailedUnit(start: PreparedStart, state: TransientUnitState): StartRefusal {
  const { exitKind, exitStatus } = state;
  if (exitKind === KILLED || exitKind === DUMPED)
    return refuse('ended', `${start.program} was killed by signal ${exitStatus} right after its start`);
  if (exitStatus === 200)
    return refuse('bad_command', `working directory ${start.workingDirectory} may not be entered`);
  if (exitStatus === 203)
    return refuse('other', `systemd could not execute ${start.file}: its interpreter is missing, or its user may not`);
  if (exitStatus === 216 || exitStatus === 217)
    return refuse('bad_command', `systemd could not become user ${start.user?.name ?? ''}`);
  return explainEnd(start, exitStatus);
}
