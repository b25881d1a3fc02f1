/** A monitor with its real log, memory file and clock, in a world that answers at once: what is left is its own computing. */
import { setMaxListeners } from 'node:events';
import { fstatSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '../../src/adapters/log/logger.js';
import { CryptoRandom } from '../../src/adapters/random/crypto-random.js';
import { FileStateStore } from '../../src/adapters/state/file-state-store.js';
import { SystemClock } from '../../src/adapters/time/system-clock.js';
import type { AlarmRow, ProcessId } from '../../src/domain/alarm.js';
import type { MonitorEvent } from '../../src/domain/event.js';
import type { ProcessPolicy } from '../../src/domain/process-policy.js';
import { fanOut } from '../../src/engine/fan-out.js';
import { Monitor, type MonitorPorts } from '../../src/engine/monitor.js';
import type { AlarmSource } from '../../src/ports/alarm-source.js';
import type { AlarmWriter } from '../../src/ports/alarm-writer.js';
import { SOLE_OWNER } from '../../src/ports/ownership.js';
import type { UnitManager } from '../../src/ports/unit-manager.js';
import { FakeProber } from '../support/fake-prober.js';
import { FakeProcessStarter } from '../support/fake-process-starter.js';
import { FakeProcessTable } from '../support/fake-process-table.js';
import { policyOf, unitOf } from '../support/policy.js';
import { ScriptedRunner } from '../support/scripted-runner.js';

const STDERR = 2;
const PARALLEL = 8;

export interface World {
  readonly monitor: Monitor;
  /** How many events of this type there were. */
  readonly told: (type: MonitorEvent['type']) => number;
  /** Raises the alarms 1 to `count` and resolves when all of them are handled and their watches over. */
  readonly storm: (count: number) => Promise<void>;
  /** Resolves after so many cycles. */
  readonly cycles: (count: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** `known`: processes with something to remember from before. */
export async function createWorld({
  checkIntervalMs,
  known,
}: {
  checkIntervalMs: number;
  known: number;
}): Promise<World> {
  const clock = new SystemClock();
  const directory = await mkdtemp(join(tmpdir(), 'pm-profile-'));
  const log = await openLog(logOptions(join(directory, 'log'), clock));
  const counts = new Map<string, number>();
  const waiting = new Set<() => void>();
  const counter = {
    emit: ({ type }: MonitorEvent): void => {
      counts.set(type, (counts.get(type) ?? 0) + 1);
      for (const look of waiting) look();
    },
  };
  const told = (type: MonitorEvent['type']): number => counts.get(type) ?? 0;
  const until = (isReached: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isReached()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
    });
  const rows = new AlarmRows();
  const table = new FakeProcessTable(clock);
  const ports: MonitorPorts = {
    ...{ clock, events: fanOut([log.sink, counter]), random: new CryptoRandom(), owner: SOLE_OWNER, table },
    ...{
      runner: new ScriptedRunner(clock),
      starter: new FakeProcessStarter(clock, table),
      prober: new FakeProber(clock),
    },
    ...{ source: rows.source, writer: rows.writer, units: instantUnits(clock) },
    stateStore: new FileStateStore({ directory: join(directory, 'state'), clock, access: 'owner' }),
  };
  const [draining, hard] = [new AbortController(), new AbortController()];
  setMaxListeners(0, draining.signal, hard.signal);
  const monitor = new Monitor(
    ports,
    monitorOptions(checkIntervalMs),
    { draining: draining.signal, hard: hard.signal },
    raise,
  );
  for (let id = 1; id <= known; id += 1) {
    const [subject, policy] = [
      { processId: (1_000_000 + id) as ProcessId, processName: `known-${id}` },
      policyFor('known'),
    ];
    monitor.ledger.relapse(subject, policy);
  }
  await monitor.open();
  const loop = monitor.loop(() => undefined);
  loop.catch(raise);
  return {
    monitor,
    told,
    storm: async (count) => {
      const before = told('process.stable');
      rows.raise(count);
      await until(() => told('process.stable') - before >= count);
    },
    cycles: (count) => {
      const before = told('cycle.completed');
      return until(() => told('cycle.completed') - before >= count);
    },
    close: async () => {
      draining.abort('done');
      await loop;
      await monitor.finish();
      await log.close();
      await rm(directory, { recursive: true });
    },
  };
}

function raise(cause: unknown): void {
  throw cause;
}

/** As under systemd: the journal, here one that keeps nothing, and the file beside it. */
function logOptions(directory: string, clock: SystemClock): Parameters<typeof openLog>[0] {
  const { dev, ino } = fstatSync(STDERR);
  const console = { mode: 'auto', isTerminal: false, isColoured: false, journalStream: `${dev}:${ino}` } as const;
  const file = { directory, level: 'info', format: 'json', maxLogSizeBytes: 5120 * 1024, logFilesToKeep: 5 } as const;
  return { ...file, console, secrets: ['a database password'], host: 'profile', clock };
}

const policies = new Map<string, ProcessPolicy>();

function policyFor(processName: string): ProcessPolicy {
  const known = policies.get(processName);
  if (known !== undefined) return known;
  const quick = { settleTimeMs: 0, stableTimeMs: 0, budget: { restarts: 0, windowMs: 3600_000 } };
  const breaker = { maxFailures: 1000, resetAfterMs: 300_000, resetMultiplier: 2, maxOpenMs: 3600_000 };
  const policy = policyOf({ processName, breaker, ...quick });
  policies.set(processName, policy);
  return policy;
}

function monitorOptions(checkIntervalMs: number): ConstructorParameters<typeof Monitor>[1] {
  return {
    ...{ checkIntervalMs, startupGraceMs: 0, maxParallelRestarts: PARALLEL, hostId: null, isDryRun: false, policyFor },
    hostBudget: { restarts: 0, windowMs: 3600_000 },
    brakeLimits: { percent: 0, min: 5 },
    listedNames: [],
  };
}

/** A table of alarms that costs nothing. */
class AlarmRows {
  readonly #alarmed = new Map<number, AlarmRow>();

  raise(count: number): void {
    for (let id = 1; id <= count; id += 1) this.#alarmed.set(id, rowOf(id));
  }

  readonly source: AlarmSource = {
    alarmed: () => Promise.resolve([...this.#alarmed.values()]),
    stillAlarmed: (ids) => Promise.resolve(ids.filter((id) => this.#alarmed.has(id)).map(rowOf)),
    namesOf: (ids) => Promise.resolve(ids.map(rowOf)),
    rowsNamed: () => Promise.resolve([]),
    countProcesses: () => Promise.resolve(1000),
  };

  readonly writer: AlarmWriter = {
    claim: (_processId, { alarmId }) => Promise.resolve({ kind: 'claimed', claim: `pm:${alarmId.slice(0, 8)}` }),
    clear: (processId) => {
      this.#alarmed.delete(processId);
      return Promise.resolve({ kind: 'cleared', rows: 1, noteStored: true });
    },
    raise: () => Promise.resolve({ kind: 'not_ours' }),
  };
}

function rowOf(id: number): AlarmRow {
  return { processId: id as ProcessId, processName: `service-${id}`, notes: null };
}

/** Every unit there is, and every restart is done in the next turn of the event loop. */
function instantUnits(clock: SystemClock): UnitManager {
  const invocations = new Map<string, number>();
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const idOf = (name: string): string => (name.endsWith('.service') ? name : `${name}.service`);
  return {
    describe: async (names) => {
      await turn();
      return new Map(
        names.map((name) => {
          const invocation = invocations.get(idOf(name)) ?? 0;
          return [name, unitOf(idOf(name), { mainPid: 1000 + invocation, invocationId: String(invocation) })];
        }),
      );
    },
    restart: async (unit) => {
      await turn();
      invocations.set(idOf(unit), Math.round(clock.monotonicMs() * 1000));
      return { kind: 'done' };
    },
    resetFailed: () => Promise.resolve({ kind: 'done' }),
    follow: () => undefined,
    isHearing: false,
  };
}
