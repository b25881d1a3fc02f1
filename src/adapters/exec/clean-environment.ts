/** The environment that every command and every started program begins with. */

/** Where programs are looked for: the system's own directories and no others. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Nothing of the monitor's own environment is in it: that holds secrets, and sockets that would make a child pass for the monitor. */
export function cleanEnvironment(additions: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', ...additions };
}
