/** A look through the daemon's own eyes with nothing done: its ports, its memory file, and its triage in dry run. */
import { existsSync } from 'node:fs';
import { ControlClient } from '../adapters/control/control-client.js';
import { FileStateStore } from '../adapters/state/file-state-store.js';
import type { AlarmRow } from '../domain/alarm.js';
import type { SkipReason } from '../domain/verdict.js';
import type { Settings } from '../config/settings.js';
import { Ledger } from '../engine/ledger.js';
import { Monitor } from '../engine/monitor.js';
import type { AlarmSource } from '../ports/alarm-source.js';
import type { AlarmStore } from '../ports/alarm-store.js';
import type { Clock } from '../ports/clock.js';
import type { LoadedState } from '../ports/state-store.js';
import { SOLE_OWNER } from '../ports/ownership.js';
import { StoreError } from '../ports/store-error.js';
import { controlSocketPath } from './door.js';
import { monitorOptions } from './monitor-options.js';
import { trustedOwners } from './service-account.js';
import { readPing } from './sight.js';
import { createSystemPorts, wayOf, openStore, type SystemPorts } from './system-ports.js';

/** Everything a short-lived command may look at. */
export interface Inspection {
  readonly settings: Settings;
  readonly ports: SystemPorts;
  readonly store: AlarmStore;
  readonly loaded: LoadedState;
  /** What the memory file holds; it is never written from here. */
  readonly ledger: Ledger;
}

/** What triage says of one row now. */
export interface Finding {
  readonly row: AlarmRow;
  /** For a row that the next cycle restarts: `dry_run` with what would be done. */
  readonly reason: SkipReason;
  readonly isRestarted: boolean;
}

/** Whether a monitor runs on this host, as its control socket says. */
export type DaemonPresence =
  /** `blindSinceMs`: wall time since when its database does not answer; null: it does. */
  | { readonly kind: 'running'; readonly pid: number | null; readonly blindSinceMs: number | null }
  | { readonly kind: 'not_running' }
  | { readonly kind: 'unknown'; readonly detail: string };

const PING_WITHIN_MS = 2000;
const NEVER = new AbortController().signal;
const SILENT = { emit: (): void => undefined };

/** Opens what is to be looked at for the time of `work`. */
export async function inspect<T>(settings: Settings, work: (inspection: Inspection) => Promise<T>): Promise<T> {
  const ports = createSystemPorts(SILENT, wayOf(settings));
  const store = await openStore(settings, ports);
  try {
    const { clock } = ports;
    const directory = settings.monitor.stateDirectory;
    const loaded = await new FileStateStore({ directory, clock, access: 'reader', owners: trustedOwners() }).load();
    const ledger = new Ledger({
      clock,
      events: SILENT,
      hostBudget: monitorOptions(settings, true).hostBudget,
      hostId: settings.host.hostId,
      save: () => Promise.resolve({ kind: 'saved' }),
    });
    if (loaded.kind === 'loaded') ledger.restore(loaded.state);
    return await work({ settings, ports, store, loaded, ledger });
  } finally {
    await store.close();
  }
}

/** Throws `StoreError` where the database is a file that is not there yet: looking must not create it. */
export function refuseMissingFile({ database }: Settings): void {
  if (database.engine !== 'sqlite' || existsSync(database.path)) return;
  const detail = `${database.path} does not exist; the monitor makes it when it starts`;
  throw new StoreError(detail, 'unreachable', true);
}

/** The daemon's own cycle in dry run, on these rows and the remembered state; one finding for each row, in order. */
export async function judgeRows(
  { settings, ports, store, loaded, ledger }: Inspection,
  rows: readonly AlarmRow[],
): Promise<readonly Finding[]> {
  const reasons = new Map<string, SkipReason>();
  const bugs: unknown[] = [];
  const source: AlarmSource = {
    alarmed: () => Promise.resolve(rows),
    stillAlarmed: () => Promise.resolve([]),
    namesOf: () => Promise.resolve([]),
    rowsNamed: () => Promise.resolve([]),
    countProcesses: (signal) => store.source.countProcesses(signal),
  };
  const events = {
    emit: (event: Parameters<SystemPorts['events']['emit']>[0]): void => {
      if (event.type === 'alarm.skipped') reasons.set(keyOf(event.row), event.reason);
    },
  };
  const stateStore = { load: () => Promise.resolve(loaded), save: () => Promise.resolve({ kind: 'saved' } as const) };
  const monitor = new Monitor(
    { ...ports, events, source, writer: store.writer, owner: SOLE_OWNER, stateStore },
    monitorOptions(settings, true),
    { draining: NEVER, hard: NEVER },
    (cause) => bugs.push(cause),
  );
  await monitor.open();
  await monitor.once();
  if (bugs.length > 0) throw bugs[0];
  const hasSlot = handlingsUnderWay(ledger) < settings.monitor.maxParallelRestarts;
  return rows
    .flatMap((row) => findingOf(row, reasons.get(keyOf(row)), settings))
    .map((finding) => (finding.isRestarted && !hasSlot ? waiting(finding) : finding));
}

function waiting({ row }: Finding): Finding {
  return { row, reason: { code: 'waits_for_slot' }, isRestarted: false };
}

/** As the memory file has them; rows that share a unit share a handling. */
function handlingsUnderWay(ledger: Ledger): number {
  const alarmIds = ledger.entries().map(([, { inFlight }]) => inFlight?.alarmId);
  return new Set(alarmIds.filter((alarmId) => alarmId !== undefined)).size;
}

function findingOf(row: AlarmRow, reason: SkipReason | undefined, { processes }: Settings): readonly Finding[] {
  if (reason === undefined) return [];
  const policy = row.processName === null ? null : processes.policyFor(row.processName);
  return [{ row, reason, isRestarted: reason.code === 'dry_run' && policy?.dryRun === false }];
}

function keyOf({ processId, processName }: AlarmRow): string {
  return JSON.stringify([processId, processName]);
}

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
