/** Says in words why the operating system would not start a program. */
import { accessSync, constants, statSync } from 'node:fs';
import type { Command, CommandResult } from '../../ports/command-runner.js';
import { resolveExecutable } from './resolve-executable.js';

/** The member of a command's results that this file makes. */
export type NotStarted = Extract<CommandResult, { readonly kind: 'not_started' }>;

/** What is used up, by the system's word for it. */
const NO_ROOM: Readonly<Record<string, string>> = {
  EMFILE: 'the limit of open files is reached',
  ENFILE: 'the limit of open files of the whole system is reached',
  EAGAIN: 'the limit of tasks is reached',
  ENOMEM: 'there is no memory left for it',
};

/** The system says ENOENT for a missing program, a missing directory and a missing interpreter alike: here they are told apart. */
export function explainStartFailure(command: Command, searchPath: string, cause: unknown): NotStarted {
  const directory = command.workingDirectory ?? '/';
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  const noRoom = typeof code === 'string' ? NO_ROOM[code] : undefined;
  if (noRoom !== undefined) return { kind: 'not_started', reason: 'no_room', detail: `${noRoom} (${String(code)})` };
  const inDirectory = explainDirectory(directory);
  if (inDirectory !== null) return { kind: 'not_started', reason: 'other', detail: inDirectory };
  if (code === 'ENOENT') {
    const isThere = resolveExecutable(command.file, searchPath, directory).kind !== 'missing';
    const detail = isThere ? `missing interpreter of ${command.file}` : `missing executable: ${command.file}`;
    return { kind: 'not_started', reason: 'missing', detail };
  }
  if (code === 'EACCES' || code === 'EPERM')
    return { kind: 'not_started', reason: 'not_permitted', detail: `not allowed to execute ${command.file}` };
  const detail = cause instanceof Error ? cause.message : String(cause);
  return { kind: 'not_started', reason: 'other', detail: `could not start ${command.file}: ${detail}` };
}

/** What is wrong with a working directory; null: nothing. */
export function explainDirectory(path: string): string | null {
  try {
    if (!statSync(path).isDirectory()) return `working directory ${path} is no directory`;
  } catch {
    return `working directory ${path} does not exist`;
  }
  try {
    accessSync(path, constants.X_OK);
    return null;
  } catch {
    return `working directory ${path} may not be entered`;
  }
}
