/** Turns a request to start a program into what exactly is to be executed, as whom and where, or says what is wrong with it. */
import type { ProgramLimits } from '../../domain/process-policy.js';
import type { CommandRunner, RunOptions } from '../../ports/command-runner.js';
import type { StartRequest, StartResult } from '../../ports/process-starter.js';
import { SYSTEM_PATH } from './clean-environment.js';
import { parseCommandLine } from './command-line.js';
import { resolveExecutable } from './resolve-executable.js';
import { explainDirectory } from './start-failure.js';
import { lookupUser, type UserAccount } from './user-lookup.js';

/** The member of a start's results that says why not. */
export type StartRefusal = Extract<StartResult, { readonly kind: 'not_started' }>;

/** A start with nothing left to decide. */
export interface PreparedStart {
  readonly kind: 'prepared';
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  /** null: the monitor's own. */
  readonly user: UserAccount | null;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly limits?: ProgramLimits;
  /** What a person would call the program: for messages. */
  readonly program: string;
  /** A shell runs it: the line held shell syntax. */
  readonly isShellLine: boolean;
}

/** What is known of the monitor's own rights, and how to ask for users. */
export interface PreparationContext {
  readonly runner: CommandRunner;
  readonly ownUid: number;
}

/** Looks at everything that can be seen beforehand, so that a start that cannot work says why. */
export async function prepareStart(
  request: StartRequest,
  context: PreparationContext,
  options: RunOptions,
): Promise<PreparedStart | StartRefusal> {
  const user = await findUser(request.user, context, options);
  if (user !== null && 'kind' in user) return user;
  const workingDirectory = request.workingDirectory ?? '/';
  const directoryProblem = explainDirectory(workingDirectory);
  if (directoryProblem !== null) return refuse('bad_command', directoryProblem);
  const command = findCommand(request, workingDirectory);
  if (command.kind === 'not_started') return command;
  return {
    ...command,
    kind: 'prepared',
    name: request.name,
    user,
    workingDirectory,
    environment: request.environment,
    ...(request.limits === undefined ? {} : { limits: request.limits }),
  };
}

async function findUser(
  name: string | null,
  { runner, ownUid }: PreparationContext,
  options: RunOptions,
): Promise<UserAccount | StartRefusal | null> {
  if (name === null) return null;
  const account = await lookupUser(name, runner, options);
  if (account === null) return refuse('bad_command', `unknown user: ${name}`);
  if (account.uid === ownUid) return null;
  return ownUid === 0 ? account : refuse('not_permitted', `only root may start a program as user ${name}`);
}

/** The program of a start command by its path, with its arguments. */
export type FoundCommand = Pick<PreparedStart, 'file' | 'args' | 'program' | 'isShellLine'> & {
  readonly kind: 'command';
};

/** What the line executes on this host; a name with a slash counts from `directory`. */
export function findCommand(
  request: Pick<StartRequest, 'commandLine' | 'shell' | 'environment'>,
  directory: string,
): FoundCommand | StartRefusal {
  const { commandLine, shell } = request;
  const find = (file: string): ReturnType<typeof resolveExecutable> =>
    resolveExecutable(file, request.environment['PATH'] ?? SYSTEM_PATH, directory);
  const parsed = parseCommandLine(commandLine);
  if (parsed.kind === 'bad') return refuse('bad_command', parsed.detail);
  const [file, ...args] = parsed.kind === 'words' ? parsed.words : [shell, '-c', commandLine];
  const found = find(file);
  if (found.kind === 'missing') return refuse('missing', `missing executable: ${file}`);
  if (found.kind === 'not_permitted') return refuse('not_permitted', `not executable: ${found.path}`);
  if (parsed.kind === 'words') return { kind: 'command', file: found.path, args, program: file, isShellLine: false };
  // With exec the program takes the shell's place, and the identity is its own. What cannot be found may be a word
  // of the shell's own (cd, a dot): the shell itself will say.
  const takesPlace = parsed.program !== null && find(parsed.program).kind === 'found';
  const line = takesPlace ? `exec ${commandLine.trim()}` : commandLine;
  const program = parsed.program ?? commandLine;
  return { kind: 'command', file: found.path, args: ['-c', line], program, isShellLine: true };
}

/** Says no in words. */
export function refuse(reason: StartRefusal['reason'], detail: string): StartRefusal {
  return { kind: 'not_started', reason, detail };
}

/**
 * What it means that the program has ended at once with a code other than 0. A shell says 127 and 126 of the program
 * itself; a program says so of something that it wanted to run in its turn. Source: POSIX.1-2017, 2.8.2 exit status.
 */
export function explainEnd({ program, isShellLine }: PreparedStart, exitCode: number): StartRefusal {
  if (exitCode === 127 && isShellLine) return refuse('missing', `missing executable: ${program}`);
  if (exitCode === 126 && isShellLine) return refuse('not_permitted', `not executable: ${program}`);
  const hint = exitCode === 127 ? ' (it misses an executable)' : '';
  return refuse('ended', `${program} ended with exit code ${exitCode}${hint} right after its start`);
}
