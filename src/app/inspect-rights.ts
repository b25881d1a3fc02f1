/** With which rights the installed monitor runs, and whether what it was granted is what its settings need. */
import type { Settings } from '../config/settings.js';
import { QUESTION_TIMEOUT_MS } from '../engine/deps.js';
import { grantDrift } from './grant.js';
import type { HostFinding } from './host-finding.js';
import { ROOT_WARNING } from './root-warning.js';
import type { SystemPorts } from './system-ports.js';

const UNIT = 'process-monitor.service';

/** Nothing where the monitor is not installed as a unit of systemd. */
export async function inspectRights(settings: Settings, ports: SystemPorts): Promise<readonly HostFinding[]> {
  const user = await userOfUnit(ports);
  if (user === null) return [];
  const note = (severity: HostFinding['severity'], text: string): HostFinding => ({ severity, about: 'monitor', text });
  if (user === '' || user === 'root') return [note('warning', ROOT_WARNING)];
  const drift = await grantDrift(settings, ports);
  if (typeof drift === 'string') return [note('warning', `rights: ${drift}`)];
  const { plan, comparison } = drift;
  const { changes, obstacles } = comparison;
  return [
    changes.length === 0
      ? note('fine', `rights: ${user} may restart what the settings name`)
      : note(
          'problem',
          `rights: not what the settings need: run \`process-monitor grant\` (${changes.map(({ path }) => path).join(', ')})`,
        ),
    ...obstacles.map((obstacle) => note('problem', `rights: ${obstacle}`)),
    ...plan.refusals.map(({ processName, detail }) => ({
      severity: 'warning' as const,
      about: processName ?? 'monitor',
      text: `rights: cannot be granted: ${detail}`,
    })),
  ];
}

/** null: there is no such unit, or nobody can say. */
async function userOfUnit({ runner }: SystemPorts): Promise<string | null> {
  const args = ['--no-pager', 'show', '--property=LoadState,User', '--', UNIT];
  const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal: new AbortController().signal };
  const result = await runner.run({ file: 'systemctl', args, environment: { LC_ALL: 'C' } }, options);
  if (result.kind !== 'exited' || !/^LoadState=loaded$/m.test(result.output)) return null;
  return /^User=(.*)$/m.exec(result.output)?.[1] ?? '';
}
