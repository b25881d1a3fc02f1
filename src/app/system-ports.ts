/** The real outside: this machine's clock, programs, units and network. */
import {
  createProcessStarter,
  detectHostAbilities,
  mayMakeUnits,
  type HostAbilities,
} from '../adapters/exec/process-starter.js';
import { LinuxProcessTable } from '../adapters/exec/linux-process-table.js';
import { SpawnRunner } from '../adapters/exec/spawn-runner.js';
import { SystemNetworkProber } from '../adapters/net/network-prober.js';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { Settings } from '../config/settings.js';
import type { HandsDeps } from '../engine/deps.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Random } from '../ports/random.js';
import { createUnitWay, type UnitWay, type UnitWayChoice } from './unit-way.js';

export interface SystemPorts extends HandsDeps {
  readonly random: Random;
  /** Which way the units are reached. */
  readonly askUnitWay: UnitWay['ask'];
}

export interface SystemChoices {
  readonly clock?: Clock;
  /** What starting programs may count on; by default what this host has. */
  readonly abilities?: HostAbilities | undefined;
  /** As `unit_manager` in `[monitor]`. */
  readonly unitManager?: UnitWayChoice;
}

/** The choice of these settings; none where they cannot be used. */
export function wayOf(settings: Settings | undefined): Pick<SystemChoices, 'unitManager'> {
  return settings === undefined ? {} : { unitManager: settings.monitor.unitManager };
}

export function createSystemPorts(events: EventSink, choices: SystemChoices = {}): SystemPorts {
  const { clock = new SystemClock(), abilities = detectHostAbilities(), unitManager = 'auto' } = choices;
  const random = new CryptoRandom();
  const runner = new SpawnRunner(clock, { hasScopes: mayMakeUnits(abilities) });
  const table = new LinuxProcessTable();
  const way = createUnitWay(unitManager, { runner, clock, events });
  return {
    clock,
    random,
    runner,
    table,
    events,
    units: way.units,
    askUnitWay: way.ask,
    starter: createProcessStarter({ clock, random, runner, table, ...abilities }),
    prober: new SystemNetworkProber(clock),
  };
}
