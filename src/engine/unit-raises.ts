/** Raises the alarms of a process whose unit has failed, row by row, and keeps a row from being left out of the restart of its unit. */
import type { ProcessId } from '../domain/alarm.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import { judgeRowOfFailed, type RowVerdict } from '../domain/unit-failure.js';
import type { UnitState } from '../domain/unit-state.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { KnownRow } from '../ports/alarm-source.js';
import type { AlarmWriter, RaiseResult } from '../ports/alarm-writer.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Ledger } from './ledger.js';

export interface UnitRaisesDeps {
  readonly clock: Clock;
  readonly writer: Pick<AlarmWriter, 'raise'>;
  readonly events: EventSink;
  readonly ledger: Pick<Ledger, 'memoryOf'>;
  /** There is a new alarm in the table. */
  readonly onRaised: () => void;
}

/** A process whose unit has failed. */
export interface Failed {
  readonly policy: ProcessPolicy;
  readonly unit: UnitState;
  /** What a restart of it would act on. */
  readonly target: string;
  readonly detail: string;
}

export type NotRaised = Extract<RowVerdict, 'acknowledged' | 'isolated'> | 'no_row' | 'write_back_off';

/** No alarm stands, because of what a person can change. No reason: somebody was faster, with whatever he did to the row. */
export interface HeldBack {
  readonly kind: 'held';
  readonly reasons: readonly NotRaised[];
  /** Rows whose breakers a person holds. */
  readonly isolated: readonly ProcessId[];
}

/** `decided`: its alarm stands, or whoever watches it will raise it. `stopped`: not all rows were judged. */
export type Raised = HeldBack | { readonly kind: 'decided' | 'stopped' };

/** By then whoever has read the table between two raises has been most unlucky. */
const MOST_READS = 3;

type RowEnd = Exclude<RowVerdict, 'raise'> | 'raised' | 'write_back_off' | 'lost';

export class UnitRaises {
  readonly #deps: UnitRaisesDeps;
  readonly #signal: AbortSignal;
  /** By target: rows that were raised since the last look of the loop had ended. */
  readonly #fresh = new Map<string, Set<ProcessId>>();
  #writes = 0;
  #writing: { readonly target: string; readonly processId: ProcessId; readonly end: Promise<unknown> } | null = null;

  constructor(deps: UnitRaisesDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** One process after another. `mayGoOn` is asked before each row: each write takes its time. Throws `StoreError`. */
  async raise(failed: Failed, rows: readonly KnownRow[], mayGoOn: () => boolean): Promise<Raised> {
    const ends = new Set<RowEnd>();
    const isolated: ProcessId[] = [];
    for (const { processId, ...row } of rows) {
      if (processId === null) continue;
      if (!mayGoOn()) return { kind: 'stopped' };
      const end = await this.#raiseRow(failed, { ...row, processId });
      ends.add(end);
      if (end === 'isolated') isolated.push(processId);
    }
    // One row is enough: the process is in alarm then, and what comes of it is for the handling to say.
    if (ends.has('raised') || ends.has('in_alarm') || ends.has('watched')) return { kind: 'decided' };
    const reasons = (['acknowledged', 'isolated', 'write_back_off'] as const).filter((reason) => ends.has(reason));
    return { kind: 'held', reasons: ends.size === 0 ? ['no_row'] : reasons, isolated };
  }

  /**
   * Whether rows of its unit were raised while the order came about: it may have been read between two of them, and begun
   * without the second it would have the unit restarted once more for that one alone. One statement for all rows of a unit
   * would not do instead: they become known one after the other, and who has read before a raise may act after it.
   */
  areMissingIn({ target, processIds }: RestartOrder): boolean {
    const raised = [...(this.#fresh.get(target) ?? [])];
    if (this.#writing?.target === target) raised.push(this.#writing.processId);
    return raised.some((processId) => !processIds.includes(processId));
  }

  /** What `read` says of the table, read again where a row of its unit was raised meanwhile; others are not waited for. */
  async readWhole(read: () => Promise<RestartOrder>): Promise<RestartOrder> {
    for (let times = 1; ; times += 1) {
      const before = this.#writes;
      const order = await read();
      const isQuiet = this.#writes === before && this.#writing?.target !== order.target;
      if (isQuiet || times === MOST_READS || !this.areMissingIn(order)) return order;
      if (this.#writing?.target === order.target) await this.#writing.end;
    }
  }

  /** Whoever reads the table from now on sees all that has been raised. */
  forgetEnded(): void {
    this.#fresh.clear();
  }

  async #raiseRow(failed: Failed, row: KnownRow & { readonly processId: ProcessId }): Promise<RowEnd> {
    const { clock, events, ledger } = this.#deps;
    const { processId } = row;
    const { processName } = failed.policy;
    const memory = ledger.memoryOf(processId);
    const verdict = judgeRowOfFailed({
      ...row,
      isWatched: memory?.processName === processName && (memory.watch?.untilMs ?? -Infinity) >= clock.monotonicMs(),
      isIsolated: memory?.breaker.kind === 'isolated',
    });
    if (verdict !== 'raise') return verdict;
    const { kind } = await this.#write(processId, failed.target);
    if (kind === 'off') return 'write_back_off';
    if (kind === 'not_ours') return 'lost';
    const { id: unit } = failed.unit;
    events.emit({ type: 'alarm.raised_by_watch', processId, processName, unit, detail: failed.detail });
    this.#deps.onRaised();
    return 'raised';
  }

  async #write(processId: ProcessId, target: string): Promise<RaiseResult> {
    const writing = this.#deps.writer.raise(processId, this.#signal);
    this.#writing = { target, processId, end: writing.catch(() => undefined) };
    try {
      return await writing;
    } finally {
      // Also where it has failed: then nothing is known about the write.
      this.#writing = null;
      this.#writes += 1;
      this.#fresh.set(target, (this.#fresh.get(target) ?? new Set()).add(processId));
    }
  }
}
