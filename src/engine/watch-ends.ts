/** What the end of a watch leads to: a vote for each process whose alarm has not returned by itself, and the alarm raised again. */
import { isUnitWatched } from '../domain/unit-failure.js';
import type { HandlingRef } from '../domain/event.js';
import type { RestartOrder } from '../domain/verdict.js';
import type { Subject } from './ledger.js';
import type { WatchEnds, WatchTask } from './watches.js';
import { raiseAlarms, type WriteBackDeps } from './write-back.js';

export interface WatchEndsDeps extends WriteBackDeps {
  /** A payment round under way; null: none. */
  readonly paying: () => Promise<void> | null;
  /** There are new alarms in the table. */
  readonly nudgeSoon: () => void;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

export class WatchVerdicts implements WatchEnds {
  readonly #deps: WatchEndsDeps;
  readonly #raising = new Map<WatchTask, Promise<void>>();

  constructor(deps: WatchEndsDeps) {
    this.#deps = deps;
  }

  /** A clearing that is paid later could hide that the process has died since: it is watched until then. */
  mayEnd({ subjects }: WatchTask): boolean {
    return !subjects.some(({ processId }) => this.#deps.ledger.memoryOf(processId)?.owed);
  }

  async onStable(task: WatchTask): Promise<void> {
    const { ledger, events } = this.#deps;
    if (!this.#isCurrent(task)) return;
    const subjects = this.#currentOf(task);
    for (const subject of subjects) ledger.stabilise(subject, task.policy);
    events.emit({ type: 'process.stable', ...refOf(task, subjects), afterMs: task.policy.stableTimeMs });
    await ledger.save();
  }

  async onStopped(task: WatchTask): Promise<void> {
    if (!this.#isCurrent(task)) return;
    for (const subject of this.#currentOf(task)) this.#deps.ledger.endWatch(subject);
    await this.#deps.ledger.save();
  }

  async onFailed(task: WatchTask, detail: string): Promise<void> {
    const failing = this.#fail(task, detail).finally(() => this.#raising.delete(task));
    this.#raising.set(task, failing);
    await failing;
  }

  /** Resolves once no alarm of that target is being raised. true: one was, so that the order may lack it. */
  async raisedFor({ target, lead }: RestartOrder): Promise<boolean> {
    const isMeant = ({ subjects, evidence }: WatchTask): boolean =>
      subjects.some(({ processName }) => processName === lead.processName) ||
      (evidence.unit !== null && `unit:${evidence.unit.id}` === target);
    const raising = [...this.#raising].filter(([task]) => isMeant(task));
    await Promise.all(raising.map(([, end]) => end));
    return raising.length > 0;
  }

  async #fail(task: WatchTask, detail: string): Promise<void> {
    const { ledger, events, paying, nudgeSoon, signal } = this.#deps;
    // A payment under way could clear the alarm after it was raised; meanwhile the alarm may return by itself.
    await paying();
    if (!this.#isCurrent(task)) return;
    const subjects = this.#currentOf(task);
    events.emit({ type: 'process.relapsed', ...refOf(task, subjects), detail });
    for (const subject of subjects) ledger.relapse(subject, task.policy);
    await raiseAlarms(this.#deps, subjects, task.ref.alarmId, signal);
    await ledger.save();
    if (isUnitWatched(task.policy)) nudgeSoon();
  }

  /** False once the alarm has returned: that has counted already, and the new one is not for this watch to settle. */
  #isCurrent(task: WatchTask): boolean {
    return task.subjects.length === 0 || this.#currentOf(task).length > 0;
  }

  /** Of several names of one unit, those whose alarm has not returned by itself. */
  #currentOf({ subjects, ref }: WatchTask): readonly Subject[] {
    return subjects.filter(({ processId }) => this.#deps.ledger.memoryOf(processId)?.watch?.alarmId === ref.alarmId);
  }
}

/** Told of one that it holds for: the alarm of the handling's first may have returned by itself. */
function refOf({ ref }: WatchTask, subjects: readonly Subject[]): HandlingRef {
  const isTrue = subjects.length === 0 || subjects.some(({ processId }) => processId === ref.processId);
  return isTrue ? ref : { ...ref, ...subjects[0] };
}
