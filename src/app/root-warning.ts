/** What is told where the monitor is root without need. */
import type { HostAbilities } from '../adapters/exec/process-starter.js';

export const ROOT_WARNING =
  'the monitor runs as root, and so does every command of its settings: whoever changes these or breaks into it owns this host; `scripts/install.sh upgrade --unprivileged` gives it a user of its own';

/** Without systemd there is no other user that it could be given. */
export function isNeedlesslyRoot({ ownUid, hasSystemd }: HostAbilities): boolean {
  return hasSystemd && ownUid === 0;
}
