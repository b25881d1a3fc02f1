/** Writes outcomes back to the source, remembers what could not be written, and pays that later. */
import type { HandlingRef } from '../domain/event.js';
import type { Debt } from '../domain/process-memory.js';
import { localTimeText } from '../domain/time-text.js';
import type { AlarmWriter } from '../ports/alarm-writer.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import { StoreError } from '../ports/store-error.js';
import type { Ledger, Subject } from './ledger.js';

export interface WriteBackDeps {
  readonly clock: Clock;
  readonly writer: AlarmWriter;
  readonly ledger: Ledger;
  readonly events: EventSink;
}

/** Clears the alarm of every subject, or owes it. Never throws for a lost database. */
export async function clearAlarms(
  deps: WriteBackDeps,
  subjects: readonly Subject[],
  alarmId: string,
  signal: AbortSignal,
): Promise<void> {
  // The predecessor's words: operators look for them.
  const stamp = `Restarted at ${localTimeText(deps.clock.nowMs())}`;
  for (const subject of subjects) {
    const debt: Debt = { kind: 'clear', stamp, sinceMs: deps.clock.monotonicMs(), alarmId };
    await payOrOwe(deps, subject, debt, signal);
  }
}

/** Raises the alarm again: the process failed after we had cleared it. */
export async function raiseAlarms(
  deps: WriteBackDeps,
  subjects: readonly Subject[],
  alarmId: string,
  signal: AbortSignal,
): Promise<void> {
  for (const subject of subjects) {
    const debt: Debt = { kind: 'raise', stamp: '', sinceMs: deps.clock.monotonicMs(), alarmId };
    await payOrOwe(deps, subject, debt, signal);
  }
}

async function payOrOwe(deps: WriteBackDeps, subject: Subject, debt: Debt, signal: AbortSignal): Promise<void> {
  const failure = await pay(deps, subject, debt, { wasOwed: false, signal });
  if (failure === null) {
    // An older debt is settled with it.
    deps.ledger.paid(subject);
    return;
  }
  deps.ledger.owe(subject, debt);
  deps.events.emit({ type: 'write_back.owed', ...refOf(subject, debt), detail: failure.message });
}

/**
 * Pays what is owed, one after the other; stops at the first that shows that the database does not answer at all.
 * Called before each cycle reads, not awaited by it.
 */
export async function payDebts(deps: WriteBackDeps, signal: AbortSignal): Promise<void> {
  const owing = deps.ledger.entries().filter(([, { owed }]) => owed !== null);
  for (const [processId, { processName }] of owing) {
    // Asked anew: while others were paid, it may have failed again, or a person may have it handled.
    const memory = deps.ledger.memoryOf(processId);
    if (!memory?.owed || memory.inFlight !== null || signal.aborted) continue;
    const subject = { processId, processName };
    const failure = await pay(deps, subject, memory.owed, { wasOwed: true, signal });
    if (failure === null) deps.ledger.paid(subject);
    else if (failure.code === 'unreachable' || failure.code === 'refused') break;
  }
  if (owing.length > 0) await deps.ledger.save();
}

interface PayOptions {
  readonly wasOwed: boolean;
  readonly signal: AbortSignal;
}

/** null: written, or nothing left to write. */
async function pay(
  { writer, events, ledger }: WriteBackDeps,
  subject: Subject,
  debt: Debt,
  { wasOwed, signal }: PayOptions,
): Promise<StoreError | null> {
  const ref = refOf(subject, debt);
  try {
    const result =
      debt.kind === 'clear'
        ? await writer.clear(subject.processId, debt.stamp, signal)
        : await writer.raise(subject.processId, signal);
    if (debt.kind === 'raise') return null;
    if (result.kind === 'off') {
      ledger.handled(subject);
      events.emit({ type: 'write_back.off', ...ref });
    } else {
      const rows = result.kind === 'not_ours' ? 0 : result.rows;
      if (rows > 0) ledger.cleared(subject);
      const noteStored = 'noteStored' in result && result.noteStored;
      events.emit({ type: 'write_back.done', ...ref, rows, noteStored, wasOwed });
    }
    return null;
  } catch (cause: unknown) {
    if (cause instanceof StoreError) return cause;
    throw cause;
  }
}

function refOf({ processId, processName }: Subject, { alarmId }: Debt): HandlingRef {
  return { alarmId, processId, processName };
}
