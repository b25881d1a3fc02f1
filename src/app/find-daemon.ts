/** Whether a monitor runs on this host. */
import { ControlClient } from '../adapters/control/control-client.js';
import type { Settings } from '../config/settings.js';
import type { Clock } from '../ports/clock.js';
import { controlSocketPath } from './control-socket.js';
import { readPing } from './sight.js';

/** Whether a monitor runs on this host, as its control socket says. */
export type DaemonPresence =
  /** `blindSinceMs`: wall time since when its database does not answer; null: it does. */
  | { readonly kind: 'running'; readonly pid: number | null; readonly blindSinceMs: number | null }
  | { readonly kind: 'not_running' }
  | { readonly kind: 'unknown'; readonly detail: string };

const PING_WITHIN_MS = 2000;
const NEVER = new AbortController().signal;

export async function findDaemon(settings: Settings, clock: Clock): Promise<DaemonPresence> {
  const client = new ControlClient(controlSocketPath(settings), clock);
  const answer = await client.send({ command: 'ping', target: '' }, { timeoutMs: PING_WITHIN_MS, signal: NEVER });
  switch (answer.kind) {
    case 'replied': {
      const { isMonitor, ...ping } = readPing(answer.reply.text);
      return isMonitor ? { kind: 'running', ...ping } : { kind: 'not_running' };
    }
    case 'not_running':
      return { kind: 'not_running' };
    case 'no_permission':
      return { kind: 'unknown', detail: `this user may not talk to it through ${controlSocketPath(settings)}` };
    case 'failed':
      return { kind: 'unknown', detail: answer.detail };
  }
}
