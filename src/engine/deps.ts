/** The ports that recoveries work with, as one bundle. */
import type { Clock } from '../ports/clock.js';
import type { CommandRunner } from '../ports/command-runner.js';
import type { EventSink } from '../ports/event-sink.js';
import type { NetworkProber } from '../ports/network-prober.js';
import type { ProcessStarter } from '../ports/process-starter.js';
import type { ProcessTable } from '../ports/process-table.js';
import type { UnitManager } from '../ports/unit-manager.js';

export interface HandsDeps {
  readonly clock: Clock;
  readonly runner: CommandRunner;
  readonly units: UnitManager;
  readonly table: ProcessTable;
  readonly starter: ProcessStarter;
  readonly prober: NetworkProber;
  readonly events: EventSink;
}

/** Longest wait for an answer about units or users, milliseconds. */
export const QUESTION_TIMEOUT_MS = 10_000;
