/** What the monitor's own unit must be allowed beyond its sandbox, for what the settings ask of it. */
import { UNIT_DIRECTORY } from './grant-section.js';
import { MARKER } from './grant-rule.js';
import type { GrantFile } from './grant-facts.js';

export const DROP_IN_DIRECTORY = `${UNIT_DIRECTORY}/process-monitor.service.d`;

const HEAD = `# ${MARKER} from its settings: changed by hand, it is written anew.`;

/** What the monitor must do with programs that run outside of the units it restarts. */
export type ProgramReach = 'none' | 'see' | 'stop';

export function dropIns(reach: ProgramReach, hasOperators: boolean): readonly GrantFile[] {
  return [
    ...(reach === 'none' ? [] : [{ path: `${DROP_IN_DIRECTORY}/kill-strategy.conf`, text: reachText(reach) }]),
    ...(hasOperators ? [{ path: `${DROP_IN_DIRECTORY}/operators.conf`, text: OPERATORS }] : []),
  ];
}

function reachText(reach: 'see' | 'stop'): string {
  const see = `${HEAD}
# A section with restart_strategy = process: its program must be seen wherever it runs and whosever it is.
[Service]
PrivateUsers=no
ProtectProc=default
`;
  const stop = `# One that runs outside its own unit is stopped before the unit is restarted. It may signal any program of this host.
CapabilityBoundingSet=CAP_KILL
AmbientCapabilities=CAP_KILL
`;
  return reach === 'see' ? see : `${see}${stop}`;
}

const OPERATORS = `${HEAD}
# [monitor] operators_group: who asks is known by whose a file is, which a user namespace would hide.
[Service]
PrivateUsers=no
`;
