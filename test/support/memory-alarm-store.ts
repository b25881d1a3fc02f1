/** A database of alarms in two arrays: keeps the contract of the real ones, and fails or changes when a test says so. */
import {
  composeNote,
  endsWithStamp,
  fitText,
  hasMark,
  isMark,
  markOf,
  withMark,
  withoutMarks,
  type NoteLimit,
} from '../../src/domain/alarm-note.js';
import { toProcessId, type AlarmRow, type NamedRow, type ProcessId } from '../../src/domain/alarm.js';
import type { AlarmDesk, DeskAction } from '../../src/ports/alarm-desk.js';
import type { AlarmSource } from '../../src/ports/alarm-source.js';
import type { AlarmStore, StoreReport } from '../../src/ports/alarm-store.js';
import { SOLE_OWNER, type Ownership } from '../../src/ports/ownership.js';
import type { AlarmWriter } from '../../src/ports/alarm-writer.js';
import { StoreError } from '../../src/ports/store-error.js';

/** A row of PROCESE; a test may rename it at any time. */
export interface MemoryProcess {
  readonly id: number;
  name: string | null;
}

/** A row of STATUS_PROCESS; a test may change it at any time. */
export interface MemoryStatus {
  readonly id: number | null;
  alarma: number | null;
  sound: number | null;
  notes: string | null;
  readonly hostId: number;
}

export interface MemoryStoreOptions {
  /** null: rows of every host. */
  readonly hostId: number | null;
  /** `off`: the writer says so and writes nothing. */
  readonly writes: 'full' | 'alarm_only' | 'off';
  readonly claims: 'auto' | 'off';
  readonly noteLimit: NoteLimit;
}

export type MemoryCall =
  | 'alarmed'
  | 'stillAlarmed'
  | 'namesOf'
  | 'rowsNamed'
  | 'countProcesses'
  | 'claim'
  | 'clear'
  | 'raise'
  | 'list'
  | 'apply'
  | 'probe';

const DEFAULTS: MemoryStoreOptions = {
  hostId: null,
  writes: 'full',
  claims: 'auto',
  noteLimit: { unit: 'characters', max: 255 },
};
const WORKING: StoreReport = { server: 'memory', writes: 'full', facts: [], warnings: [] };

export class MemoryAlarmStore implements AlarmStore {
  readonly processes: MemoryProcess[] = [];
  readonly statuses: MemoryStatus[] = [];
  /** Every call so far, in order; those that failed too. */
  readonly calls: MemoryCall[] = [];
  /** Called before each call does its work: the moment for somebody else to change a row. */
  onCall: (call: MemoryCall) => void = () => undefined;
  readonly #options: MemoryStoreOptions;
  readonly #failures: { readonly call: MemoryCall | 'any'; readonly error: StoreError }[] = [];
  #outage: StoreError | null = null;
  #isClosed = false;

  constructor(options: Partial<MemoryStoreOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  readonly own = (): Ownership => SOLE_OWNER;

  /** A process with its status row: clear, unless `status` says otherwise. Returns the row. */
  add(id: number, name: string | null, status: Partial<Omit<MemoryStatus, 'id'>> = {}): MemoryStatus {
    this.processes.push({ id, name });
    const row = { id, alarma: 0, sound: 0, notes: null, hostId: 1, ...status };
    this.statuses.push(row);
    return row;
  }

  /** The next call, or the next one of this name, throws this error. */
  failNext(error: StoreError, call: MemoryCall | 'any' = 'any'): void {
    this.#failures.push({ call, error });
  }

  /** Every call throws this error until it is null again. */
  setOutage(error: StoreError | null): void {
    this.#outage = error;
  }

  readonly source: AlarmSource = {
    alarmed: async (signal) => {
      this.#begin('alarmed', signal);
      return this.#ours()
        .filter(isAlarmed)
        .sort((left, right) => (left.id ?? -Infinity) - (right.id ?? -Infinity))
        .map(({ id, notes }): AlarmRow => ({ ...this.#named(id), notes }));
    },
    stillAlarmed: async (ids, signal) => {
      this.#begin('stillAlarmed', signal);
      return this.#ours()
        .filter((row) => isAlarmed(row) && ids.some((id) => id === row.id))
        .sort((left, right) => (left.id ?? -Infinity) - (right.id ?? -Infinity))
        .map(({ id }) => this.#named(id));
    },
    namesOf: async (ids, signal) => {
      this.#begin('namesOf', signal);
      return this.processes
        .filter((known) => ids.some((id) => id === known.id))
        .sort((left, right) => left.id - right.id)
        .map(({ id }) => this.#named(id));
    },
    rowsNamed: async (names, signal) => {
      this.#begin('rowsNamed', signal);
      return this.#ours()
        .map(({ id, alarma, sound }) => ({ ...this.#named(id), isAlarmed: alarma === 1, isAcknowledged: !!sound }))
        .filter(({ processName }) => processName !== null && names.includes(processName))
        .sort((left, right) => (left.processId ?? -Infinity) - (right.processId ?? -Infinity));
    },
    countProcesses: async (signal) => {
      this.#begin('countProcesses', signal);
      return new Set(this.#ours().flatMap(({ id }) => (id === null ? [] : [id]))).size;
    },
  };

  readonly writer: AlarmWriter = {
    claim: async (processId, { alarmId, processName }, signal) => {
      const { writes, claims, noteLimit } = this.#options;
      if (writes === 'off') return { kind: 'off' };
      if (claims === 'off') return { kind: 'unclaimed' };
      this.#begin('claim', signal);
      const mark = markOf(alarmId);
      const rows = this.#isCalled(processId, processName) ? this.#rowsOf(processId).filter(isAlarmed) : [];
      if (rows.length === 0) return { kind: 'not_ours', claim: mark };
      const marked = rows.map(({ notes }) => (hasMark(notes, mark) ? notes : withMark(notes, mark, noteLimit)));
      if (writes === 'alarm_only' || marked.includes(null)) return { kind: 'unclaimed' };
      for (const [index, row] of rows.entries()) row.notes = marked[index] ?? null;
      return { kind: 'claimed', claim: mark };
    },
    clear: async (processId, { stamp, claim, processName }, signal) => {
      if (this.#options.writes === 'off') return { kind: 'off' };
      this.#begin('clear', signal);
      if (!this.#isCalled(processId, processName)) return { kind: 'renamed' };
      const alarmed = this.#rowsOf(processId).filter(isAlarmed);
      const mark = claim !== null && isMark(claim) ? claim : null;
      const rows = mark === null ? alarmed : alarmed.filter(({ notes }) => hasMark(notes, mark));
      const noteStored = this.#options.writes === 'full';
      for (const row of rows) {
        row.alarma = 0;
        if (noteStored) row.notes = composeNote(row.notes, stamp, this.#options.noteLimit);
      }
      if (rows.length < alarmed.length) return { kind: 'raised_again' };
      if (rows.length > 0) return { kind: 'cleared', rows: rows.length, noteStored };
      const earlier = this.#rowsOf(processId).filter((row) => row.alarma === 0 && endsWithStamp(row.notes, stamp));
      return earlier.length > 0 ? { kind: 'cleared', rows: earlier.length, noteStored: true } : { kind: 'not_ours' };
    },
    raise: async (processId, signal) => {
      if (this.#options.writes === 'off') return { kind: 'off' };
      this.#begin('raise', signal);
      const rows = this.#rowsOf(processId).filter((row) => row.alarma === 0 && !isAcknowledged(row));
      for (const row of rows) row.alarma = 1;
      return rows.length > 0 ? { kind: 'raised', rows: rows.length } : { kind: 'not_ours' };
    },
  };

  readonly desk: AlarmDesk = {
    list: async (signal) => {
      this.#begin('list', signal);
      const without = this.processes.filter(({ id }) => !this.statuses.some((row) => row.id === id));
      const absent = without.map(({ id }) => ({ id, alarma: null, sound: null, notes: null }));
      return [...this.#ours(), ...absent]
        .sort((left, right) => (left.id ?? -Infinity) - (right.id ?? -Infinity))
        .map(({ id, alarma, sound, notes }) => {
          return { ...this.#named(id), alarma, sound, notes };
        });
    },
    apply: async (action, processId, note, signal) => {
      this.#begin('apply', signal);
      const isNew = action === 'raise' && !this.statuses.some((row) => row.id === processId);
      if (isNew && this.processes.some(({ id }) => id === processId)) {
        const hostId = this.#options.hostId ?? 1;
        this.statuses.push({ id: processId, alarma: 0, sound: 0, notes: null, hostId });
      }
      const rows = this.#rowsOf(processId);
      const text = note === null ? null : fitText(note, this.#options.noteLimit);
      for (const row of rows) {
        const notes = text ?? (row.notes === null ? null : withoutMarks(row.notes));
        Object.assign(row, changesOf(action), { notes });
      }
      return rows.length;
    },
  };

  async probe(signal: AbortSignal): Promise<StoreReport> {
    this.#begin('probe', signal);
    return { ...WORKING, writes: this.#options.writes === 'off' ? 'none' : this.#options.writes };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #begin(call: MemoryCall, signal: AbortSignal): void {
    this.calls.push(call);
    this.onCall(call);
    if (signal.aborted || this.#isClosed) throw new StoreError(`${call} in memory: stopped`, 'unreachable', true);
    const position = this.#failures.findIndex((failure) => failure.call === call || failure.call === 'any');
    const [failure] = position < 0 ? [] : this.#failures.splice(position, 1);
    const error = failure?.error ?? this.#outage;
    if (error !== null) throw error;
  }

  #ours(): MemoryStatus[] {
    const { hostId } = this.#options;
    return this.statuses.filter((row) => hostId === null || row.hostId === hostId);
  }

  #rowsOf(processId: ProcessId): MemoryStatus[] {
    return this.#ours().filter((row) => row.id === processId);
  }

  /** `name` undefined: any, and also none. */
  #isCalled(processId: ProcessId, name: string | undefined): boolean {
    return name === undefined || this.processes.some((known) => known.id === processId && known.name === name);
  }

  #named(id: number | null): NamedRow {
    const processName = this.processes.find((known) => known.id === id)?.name ?? null;
    return { processId: toProcessId(id), processName };
  }
}

function isAlarmed(row: MemoryStatus): boolean {
  return row.alarma === 1 && !isAcknowledged(row);
}

function isAcknowledged(row: MemoryStatus): boolean {
  return row.sound !== 0 && row.sound !== null;
}

function changesOf(action: DeskAction): Partial<MemoryStatus> {
  switch (action) {
    case 'raise':
      return { alarma: 1, sound: 0 };
    case 'clear':
      return { alarma: 0, sound: 0 };
    case 'acknowledge':
      return { sound: 1 };
  }
}
