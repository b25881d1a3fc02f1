/** Starts programs that outlive the monitor: as units where systemd runs and we are root, else in sessions of their own. */
import { existsSync, readFileSync } from 'node:fs';
import type { RunOptions } from '../../ports/command-runner.js';
import type { ProcessStarter, StartRequest, StartResult } from '../../ports/process-starter.js';
import { unitOfCgroup } from './proc-cgroup.js';
import { startInSession } from './session-start.js';
import { prepareStart, refuse } from './start-preparation.js';
import { startInUnit, type UnitContext } from './unit-start.js';

/** What the starter must know of its surroundings. */
export interface HostAbilities {
  /** The monitor's own user. */
  readonly ownUid: number;
  /** systemd runs as the first process. */
  readonly hasSystemd: boolean;
  /** The monitor is a service of systemd, and every child of it ends with it. */
  readonly isService: boolean;
}

/** What is said where a program could only be started as a child that ends with the monitor. */
export const CANNOT_START =
  'started by a monitor that is not root it would end with the monitor: `process-monitor grant`, run by root, makes it a unit of its own';

/** Looks at this host. Source of the test for systemd: sd_booted(3). */
export function detectHostAbilities(): HostAbilities {
  const hasSystemd = existsSync('/run/systemd/system');
  return { ownUid: process.getuid?.() ?? 0, hasSystemd, isService: hasSystemd && isService() };
}

function isService(): boolean {
  try {
    return unitOfCgroup(readFileSync('/proc/self/cgroup', 'utf8'))?.endsWith('.service') === true;
  } catch {
    return false;
  }
}

/** Only root may make units: a grant to anybody else would be as good as root. */
export function mayMakeUnits({ ownUid, hasSystemd }: HostAbilities): boolean {
  return hasSystemd && ownUid === 0;
}

/** Nothing that is started here can outlive the monitor. */
export function cannotStart(abilities: HostAbilities): boolean {
  return abilities.isService && !mayMakeUnits(abilities);
}

/** As units where we may make them, else in sessions; not at all where both would end with the monitor. */
export function createProcessStarter(context: UnitContext & HostAbilities): ProcessStarter {
  return {
    obstacle: cannotStart(context) ? CANNOT_START : null,
    async start(request: StartRequest, options: RunOptions): Promise<StartResult> {
      if (cannotStart(context)) return refuse('not_permitted', CANNOT_START);
      const prepared = await prepareStart(request, context, options);
      if (prepared.kind === 'not_started') return prepared;
      return mayMakeUnits(context)
        ? startInUnit(prepared, context, options)
        : startInSession(prepared, context, options);
    },
  };
}
