/** A look through the daemon's own eyes with nothing done: its ports, its memory file, and its triage in dry run. */
import type { AlarmRow } from '../domain/alarm.js';
import type { SkipReason } from '../domain/verdict.js';
import type { Settings } from '../config/settings.js';
import type { Ledger } from '../engine/ledger.js';
import { Monitor } from '../engine/monitor.js';
import type { AlarmSource } from '../ports/alarm-source.js';
import { SOLE_OWNER } from '../ports/ownership.js';
import { glance, type Glance } from './glance.js';
import { monitorOptions } from './monitor-options.js';
import { createSystemPorts, wayOf, type SystemPorts } from './system-ports.js';

/** Everything a short-lived command may look at. */
export interface Inspection extends Glance {
  readonly ports: SystemPorts;
}

/** What triage says of one row now. */
export interface Finding {
  readonly row: AlarmRow;
  /** For a row that the next cycle restarts: `dry_run` with what would be done. */
  readonly reason: SkipReason;
  readonly isRestarted: boolean;
}

const NEVER = new AbortController().signal;
const SILENT = { emit: (): void => undefined };

/** Opens what is to be looked at for the time of `work`. */
export function inspect<T>(settings: Settings, work: (inspection: Inspection) => Promise<T>): Promise<T> {
  return glance(settings, (seen) => work(withPorts(seen)));
}

/** Adds programs, units and network to what was opened. */
export function withPorts(seen: Glance): Inspection {
  return { ...seen, ports: createSystemPorts(SILENT, { clock: seen.clock, ...wayOf(seen.settings) }) };
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
