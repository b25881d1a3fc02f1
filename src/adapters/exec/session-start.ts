/** Starts a program in a session of its own, as a child that the monitor neither waits for nor takes along. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../../ports/clock.js';
import type { RunOptions } from '../../ports/command-runner.js';
import type { StartResult } from '../../ports/process-starter.js';
import type { ProcessTable } from '../../ports/process-table.js';
import { cleanEnvironment, SYSTEM_PATH } from './clean-environment.js';
import { resolveExecutable } from './resolve-executable.js';
import { explainStartFailure } from './start-failure.js';
import { explainEnd, refuse, type PreparedStart, type StartRefusal } from './start-preparation.js';
import type { UserAccount } from './user-lookup.js';
import { within } from './within.js';

/** A program that has not ended by then counts as running. */
export const FIRST_LOOK_MS = 100;

/** What starting in a session needs. */
export interface SessionContext {
  readonly table: ProcessTable;
  readonly clock: Clock;
}

type Exit = { readonly exitCode: number } | { readonly signal: string };

/** Resolves about 100 ms after the start, or as soon as the program has ended. */
export async function startInSession(
  start: PreparedStart,
  { table, clock }: SessionContext,
  { signal }: RunOptions,
): Promise<StartResult> {
  const child = await launch(start);
  if ('kind' in child) return child;
  const seen = await table.find(child.pid);
  // An abort cannot take the start back: the program runs.
  const end = await within(child.exited, { ms: FIRST_LOOK_MS, clock, signal });
  if (typeof end === 'string')
    return { kind: 'started', identity: seen?.identity ?? null, home: 'session', unit: null };
  if ('signal' in end) return refuse('ended', `${start.program} was killed by ${end.signal} right after its start`);
  // It has put itself into the background.
  if (end.exitCode === 0) return { kind: 'started', identity: null, home: 'session', unit: null };
  return explainEnd(start, end.exitCode);
}

interface Launched {
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

function launch(start: PreparedStart): Promise<Launched | StartRefusal> {
  const { user } = start;
  const [file, args] = user === null ? [start.file, start.args] : asUser(user, start);
  const env = cleanEnvironment({ ...accountEnvironment(user), ...start.environment });
  const explain = (cause: unknown): StartRefusal => {
    const command = { file, args, workingDirectory: start.workingDirectory };
    const { reason, detail } = explainStartFailure(command, env['PATH'] ?? '', cause);
    return refuse(reason, detail);
  };
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(file, args, { cwd: start.workingDirectory, env, detached: true, stdio: 'ignore' });
    } catch (cause: unknown) {
      resolve(explain(cause));
      return;
    }
    // Node goes on reaping it, and does not stay alive for it.
    child.unref();
    child.once('error', (cause) => resolve(explain(cause)));
    const exited = new Promise<Exit>((settle) => {
      child.once('exit', (exitCode, by) => settle(by === null ? { exitCode: exitCode ?? 0 } : { signal: by }));
    });
    child.once('spawn', () => resolve(child.pid === undefined ? explain('it has no pid') : { pid: child.pid, exited }));
  });
}

/** Node's own uid option would leave the user without the supplementary groups. */
function asUser(user: UserAccount, start: PreparedStart): [string, readonly string[]] {
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'];
  const setpriv = resolveExecutable('setpriv', SYSTEM_PATH, '/');
  const file = setpriv.kind === 'found' ? setpriv.path : 'setpriv';
  return [file, [...identity, '--', start.file, ...start.args]];
}

function accountEnvironment(user: UserAccount | null): Record<string, string> {
  return user === null ? {} : { HOME: user.home, SHELL: user.shell, USER: user.name, LOGNAME: user.name };
}
