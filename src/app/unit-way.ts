/** The way to systemd: over D-Bus where the bus answers, by the `systemctl` command where it does not, as `unit_manager` says. */
import { DbusUnitManager } from '../adapters/systemd/dbus-unit-manager.js';
import { SystemBus } from '../adapters/systemd/dbus/system-bus.js';
import { CoalescingUnitManager } from '../adapters/systemd/coalescing-unit-manager.js';
import { FallbackUnitManager, type WayWatch } from '../adapters/systemd/fallback-unit-manager.js';
import { SystemctlUnitManager } from '../adapters/systemd/systemctl-unit-manager.js';
import { systemBusAddress } from '../config/environment.js';
import type { MonitorSettings } from '../config/settings.js';
import type { Clock } from '../ports/clock.js';
import type { CommandRunner } from '../ports/command-runner.js';
import type { EventSink } from '../ports/event-sink.js';
import type { UnitManager } from '../ports/unit-manager.js';

export type UnitWayChoice = MonitorSettings['unitManager'];

/** Which way is taken at the moment. `problem`: why not the bus; null: it answers, or is not wanted. */
export interface UnitWayState {
  readonly choice: UnitWayChoice;
  readonly problem: string | null;
}

export interface UnitWay {
  readonly units: UnitManager;
  /** Asks the bus, where it may be used at all. */
  readonly ask: () => Promise<UnitWayState>;
}

const ASK_WITHIN_MS = 5000;
const WAYS = { first: 'dbus', second: 'systemctl', none: 'none' } as const;

export interface UnitWayPorts {
  readonly runner: Pick<CommandRunner, 'run'>;
  readonly clock: Clock;
  /** Hears of each change of the way. */
  readonly events: EventSink;
}

export function createUnitWay(choice: UnitWayChoice, { runner, clock, events }: UnitWayPorts): UnitWay {
  // Programs are dear: what many ask at once is asked with one. Over the bus each question goes its own way.
  const systemctl = new CoalescingUnitManager(new SystemctlUnitManager(runner));
  if (choice === 'systemctl') return { units: systemctl, ask: () => Promise.resolve({ choice, problem: null }) };
  const bus = new SystemBus(clock, systemBusAddress());
  const dbus = new DbusUnitManager(bus, clock);
  const watch: WayWatch = {
    problem: () => bus.problem,
    onChange: (route, detail) => {
      events.emit({ type: 'unit_way.changed', way: WAYS[route], detail });
    },
  };
  return {
    units: new FallbackUnitManager(dbus, choice === 'dbus' ? null : systemctl, clock, watch),
    ask: async () => {
      const options = { timeoutMs: ASK_WITHIN_MS, signal: new AbortController().signal };
      const states = await dbus.describe(['init.scope'], options);
      return { choice, problem: typeof states === 'string' ? (bus.problem ?? 'systemd does not answer on it') : null };
    },
  };
}
