/** Looks up a user or a group of this host, wherever the host keeps them. */
import { readFileSync } from 'node:fs';
import type { CommandRunner, RunOptions } from '../../ports/command-runner.js';
import { isOutOfDescriptors } from './spare-descriptors.js';

/** One user's account. */
export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** By name or number; null: there is no such user, or nobody can say. */
export async function lookupUser(
  user: string,
  runner: CommandRunner,
  options: RunOptions,
): Promise<UserAccount | null> {
  const result = await runner.run({ file: 'getent', args: ['passwd', '--', user] }, options);
  return result.kind === 'exited' && result.exitCode === 0 ? parseAccount(result.output) : null;
}

/** By name, from the host's own file and without starting a program; null: it is not there, or the file cannot be read. */
export function localUid(user: string): number | null {
  let text: string;
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch (cause: unknown) {
    if (isOutOfDescriptors(cause)) throw cause;
    return null;
  }
  const line = text.split('\n').find((each) => each.split(':', 1)[0] === user);
  return line === undefined ? null : (parseAccount(line)?.uid ?? null);
}

/** The number of a group, by name or number; null: there is no such group, or nobody can say. */
export async function lookupGroup(group: string, runner: CommandRunner, options: RunOptions): Promise<number | null> {
  const result = await runner.run({ file: 'getent', args: ['group', '--', group] }, options);
  if (result.kind !== 'exited' || result.exitCode !== 0) return null;
  const gid = /^[^:\n]+:[^:\n]*:(\d{1,10}):/.exec(result.output)?.[1];
  return gid === undefined ? null : Number(gid);
}

/** Example: `www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin`; null: no such line. */
export function parseAccount(text: string): UserAccount | null {
  const [name, , uid, gid, , home, shell] = (text.split('\n')[0] ?? '').split(':');
  if (name === undefined || shell === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return null;
  return { name, uid: Number(uid), gid: Number(gid), home: home ?? '/', shell };
}
