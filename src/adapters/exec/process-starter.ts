/** Starts programs that outlive the monitor: as units where systemd runs and allows it, else in sessions of their own. */
import { existsSync } from 'node:fs';
import type { RunOptions } from '../../ports/command-runner.js';
import type { ProcessStarter, StartRequest, StartResult } from '../../ports/process-starter.js';
import { startInSession } from './session-start.js';
import { prepareStart } from './start-preparation.js';
import { startInUnit, type UnitContext } from './unit-start.js';

/** What the starter must know of its surroundings. */
export interface HostAbilities {
  /** The monitor's own user. */
  readonly ownUid: number;
  /** systemd runs as the first process. */
  readonly hasSystemd: boolean;
}

/** Looks at this host. Source of the test for systemd: sd_booted(3). */
export function detectHostAbilities(): HostAbilities {
  return { ownUid: process.getuid?.() ?? 0, hasSystemd: existsSync('/run/systemd/system') };
}

/** Only root may make units: a grant to anybody else would be as good as root. */
export function mayMakeUnits({ ownUid, hasSystemd }: HostAbilities): boolean {
  return hasSystemd && ownUid === 0;
}

/** As units where we may make them, else in sessions. */
export function createProcessStarter(context: UnitContext & HostAbilities): ProcessStarter {
  return {
    async start(request: StartRequest, options: RunOptions): Promise<StartResult> {
      const prepared = await prepareStart(request, context, options);
      if (prepared.kind === 'not_started') return prepared;
      return mayMakeUnits(context)
        ? startInUnit(prepared, context, options)
        : startInSession(prepared, context, options);
    },
  };
}
