/** A person's own hand on the alarm table: the processes of this host, and what may be done with their alarms. */
import type { ProcessId } from '../domain/alarm.js';
import { localTimeText } from '../domain/time-text.js';
import type { Settings } from '../config/settings.js';
import type { AlarmDesk, ProcessRow } from '../ports/alarm-desk.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { auditedCommand } from './audited.js';
import { refuseMissingFile } from './glance.js';
import { inspect } from './inspect.js';
import { isAcknowledged } from './inspect-status.js';

export type AlarmState = 'normal' | 'alarmed' | 'acknowledged';

/** One process, however many rows it has. */
export interface HostProcess {
  readonly processId: ProcessId;
  readonly processName: string | null;
  readonly state: AlarmState;
  readonly notes: string | null;
}

export type AlarmAction = 'raise' | 'clear' | 'acknowledge';

/** What a person at the table may do. Every call throws `StoreError` where the database does not answer, `AuditError` where a change cannot be recorded. */
export interface AlarmTable {
  /** By id. */
  list(): Promise<readonly HostProcess[]>;
  /** Returns how many of the processes were changed; those it would not change are left as they are. */
  apply(action: AlarmAction, processes: readonly HostProcess[]): Promise<number>;
  /** Raises alarms with the note of the random mode. */
  raiseAtRandom(processes: readonly HostProcess[]): Promise<number>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Pick<Random, 'fraction'>;
}

/** Notes in the words of the predecessor's test utility; an acknowledgement leaves the note alone. */
const NOTES: Readonly<Record<AlarmAction, string | null>> = {
  raise: 'Test alarm triggered at',
  clear: 'Reset la',
  acknowledge: null,
};
const RANDOM_NOTE = 'Random test at';

/** The table is open for the time of `work`. */
export function withAlarmTable<T>(settings: Settings, work: (table: AlarmTable) => Promise<T>): Promise<T> {
  return inspect(settings, ({ ports, store }) => {
    const { clock, random } = ports;
    const { desk } = store;
    const write = (action: AlarmAction, words: string | null, processes: readonly HostProcess[]): Promise<number> => {
      const note = words && `${words} ${localTimeText(clock.nowMs())}`;
      return processes.length === 0
        ? Promise.resolve(0)
        : auditedCommand(
            settings,
            { what: `alarm_${action}`, target: targetText(processes), why: null },
            () => applyToAll(desk, { action, note }, processes),
            (changed) => ({ result: 'done', detail: `${changed} changed` }),
          );
    };
    return work({
      list: async () => {
        refuseMissingFile(settings);
        return processesOf(await desk.list(new AbortController().signal));
      },
      apply: (action, processes) => write(action, NOTES[action], processes),
      raiseAtRandom: (processes) => write('raise', RANDOM_NOTE, processes),
      clock,
      random,
    });
  });
}

function targetText(processes: readonly HostProcess[]): string {
  return processes.map(({ processId, processName }) => `${processName ?? 'NULL'} (${processId})`).join(', ');
}

function processesOf(rows: readonly ProcessRow[]): readonly HostProcess[] {
  const byId = new Map<ProcessId, HostProcess>();
  for (const row of rows) {
    const { processId, processName, notes } = row;
    if (processId === null) continue;
    const known = byId.get(processId);
    const state = stateOf(row);
    if (known === undefined || SEVERITY[state] > SEVERITY[known.state])
      byId.set(processId, { processId, processName: known?.processName ?? processName, state, notes });
  }
  return [...byId.values()];
}

/** Of several rows of one process the most pressing one speaks for it. */
const SEVERITY: Readonly<Record<AlarmState, number>> = { normal: 0, acknowledged: 1, alarmed: 2 };

function stateOf(row: ProcessRow): AlarmState {
  if (row.alarma !== 1) return 'normal';
  return isAcknowledged(row) ? 'acknowledged' : 'alarmed';
}

async function applyToAll(
  desk: AlarmDesk,
  { action, note }: { readonly action: AlarmAction; readonly note: string | null },
  processes: readonly HostProcess[],
): Promise<number> {
  let changed = 0;
  for (const { processId, state } of processes) {
    if (!changes(action, state)) continue;
    const rows = await desk.apply(action, processId, note, new AbortController().signal);
    if (rows > 0) changed += 1;
  }
  return changed;
}

/** Acknowledging what is not in alarm would hide its next alarm; clearing it would only spoil its note. */
function changes(action: AlarmAction, state: AlarmState): boolean {
  switch (action) {
    case 'raise':
      return state !== 'alarmed';
    case 'clear':
      return state !== 'normal';
    case 'acknowledge':
      return state === 'alarmed';
  }
}
