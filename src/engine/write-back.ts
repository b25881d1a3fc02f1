/** Writes outcomes back to the source, remembers what could not be written, and pays that later. */
import type { ProcessId } from '../domain/alarm.js';
import type { HandlingRef } from '../domain/event.js';
import type { Debt, Watch } from '../domain/process-memory.js';
import { localTimeText } from '../domain/time-text.js';
import type { AlarmSource } from '../ports/alarm-source.js';
import type { AlarmWriter } from '../ports/alarm-writer.js';
import type { Clock } from '../ports/clock.js';
import type { EventSink } from '../ports/event-sink.js';
import type { Ownership } from '../ports/ownership.js';
import { StoreError, type StoreErrorCode } from '../ports/store-error.js';
import { isOf, type Claims, type Ledger, type Subject } from './ledger.js';

export interface WriteBackDeps {
  readonly clock: Clock;
  readonly source: AlarmSource;
  readonly writer: AlarmWriter;
  readonly owner: Ownership;
  readonly ledger: Ledger;
  readonly events: EventSink;
}

/** `lost`: the row belongs to another name now, and nothing was written. */
type Payment = 'paid' | 'lost' | StoreError;

/** The handling that a clearing ends. */
interface Cleared {
  readonly alarmId: string;
  readonly claims: Claims;
  /** What is to be watched once it is cleared. */
  readonly watch: Watch;
}

/**
 * Clears the alarm of every subject, or owes it. Returns those whose row belongs to another name now: they are settled
 * with nothing more. Never throws for a lost database.
 */
export async function clearAlarms(
  deps: WriteBackDeps,
  subjects: readonly Subject[],
  { alarmId, claims, watch }: Cleared,
  signal: AbortSignal,
): Promise<readonly ProcessId[]> {
  // The predecessor's words: operators look for them.
  const stamp = `Restarted at ${localTimeText(deps.clock.nowMs())}`;
  const debtOf = ({ processId }: Subject): Debt => {
    const claim = claims.get(processId) ?? null;
    return { kind: 'clear', stamp, sinceMs: deps.clock.monotonicMs(), alarmId, claim };
  };
  const debts = subjects.map((subject) => ({ subject, debt: debtOf(subject) }));
  // On record first: should we die once it is written, nobody else would know that it was well, and watch it.
  for (const { subject, debt } of debts) deps.ledger.proved(subject, debt, watch);
  await deps.ledger.save();
  const lost: ProcessId[] = [];
  for (const { subject, debt } of debts) {
    if ((await payOrOwe(deps, subject, debt, signal)) === 'lost') lost.push(subject.processId);
  }
  return lost;
}

/** Raises the alarm again: the process failed after we had cleared it. */
export async function raiseAlarms(
  deps: WriteBackDeps,
  subjects: readonly Subject[],
  alarmId: string,
  signal: AbortSignal,
): Promise<void> {
  for (const subject of subjects) {
    const debt: Debt = { kind: 'raise', stamp: '', sinceMs: deps.clock.monotonicMs(), alarmId, claim: null };
    await payOrOwe(deps, subject, debt, signal);
  }
}

async function payOrOwe(deps: WriteBackDeps, subject: Subject, debt: Debt, signal: AbortSignal): Promise<Payment> {
  const payment = await pay(deps, subject, debt, { wasOwed: false, signal });
  // An older debt is settled with it.
  if (payment === 'paid') deps.ledger.paid(subject);
  if (payment instanceof StoreError) {
    deps.ledger.owe(subject, debt);
    deps.events.emit({ type: 'write_back.owed', ...refOf(subject, debt), detail: payment.message });
  }
  return payment;
}

/**
 * Pays what is owed, one after the other; stops at the first that shows that the database does not answer at all.
 * Called before each cycle reads, not awaited by it.
 */
export async function payDebts(deps: WriteBackDeps, signal: AbortSignal): Promise<void> {
  // Kept until we are the owner again: whoever is it now goes by what the rows say.
  if (deps.owner.state().kind !== 'owner') return;
  const owing = deps.ledger.owing();
  for (const subject of owing) {
    // Asked anew: while others were paid, it may have failed again, or a person may have it handled.
    const memory = deps.ledger.memoryOf(subject.processId);
    if (!memory?.owed || memory.inFlight !== null || signal.aborted) continue;
    const payment = await pay(deps, subject, memory.owed, { wasOwed: true, signal });
    if (payment === 'paid') deps.ledger.paid(subject);
    if (payment instanceof StoreError && STOPS_PAYING.has(payment.code)) break;
  }
  if (owing.length > 0) await deps.ledger.save();
}

/** What one debt has met, the next would meet too. */
const STOPS_PAYING: ReadonlySet<StoreErrorCode> = new Set(['unreachable', 'refused', 'not_owner']);

interface PayOptions {
  readonly wasOwed: boolean;
  readonly signal: AbortSignal;
}

/** `paid`: written, or nothing left to write. */
async function pay(
  { source, writer, owner, events, ledger }: WriteBackDeps,
  subject: Subject,
  debt: Debt,
  { wasOwed, signal }: PayOptions,
): Promise<Payment> {
  const ref = refOf(subject, debt);
  const lose = (): Payment => {
    ledger.disown(subject, debt.alarmId);
    events.emit({ type: 'write_back.done', ...ref, rows: 0, noteStored: false, wasOwed });
    return 'lost';
  };
  try {
    if (debt.kind === 'raise') {
      const rows = await source.namesOf([subject.processId], signal);
      if (!rows.some((row) => isOf(row, subject))) return lose();
      if (owner.state().kind !== 'owner') return notOwner();
      await writer.raise(subject.processId, signal);
      return 'paid';
    }
    if (owner.state().kind !== 'owner') return notOwner();
    const { stamp, claim } = debt;
    const result = await writer.clear(subject.processId, { stamp, claim, processName: subject.processName }, signal);
    if (result.kind === 'renamed') return lose();
    if (result.kind === 'raised_again') {
      events.emit({ type: 'alarm.raised_again', ...ref });
    } else if (result.kind === 'off') {
      ledger.handled(subject);
      events.emit({ type: 'write_back.off', ...ref });
    } else {
      const rows = result.kind === 'not_ours' ? 0 : result.rows;
      if (rows > 0) ledger.cleared(subject);
      const noteStored = 'noteStored' in result && result.noteStored;
      events.emit({ type: 'write_back.done', ...ref, rows, noteStored, wasOwed });
    }
    return 'paid';
  } catch (cause: unknown) {
    if (cause instanceof StoreError) return cause;
    throw cause;
  }
}

function notOwner(): StoreError {
  return new StoreError('another monitor may own the rows of this host by now', 'not_owner', true);
}

function refOf({ processId, processName }: Subject, { alarmId }: Debt): HandlingRef {
  return { alarmId, processId, processName };
}
