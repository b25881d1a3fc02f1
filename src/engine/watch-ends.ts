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

/** An alarm that is being raised again. */
interface Raising extends Pick<WatchTask, 'subjects'> {
  readonly target: string;
  readonly end: Promise<void>;
}

export class WatchVerdicts implements WatchEnds {
  readonly #deps: WatchEndsDeps;
  readonly #raising = new Set<Raising>();

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

  async onFailed(task: WatchTask, detail: string, target: string): Promise<void> {
    const raising: Raising = { target, subjects: task.subjects, end: this.#fail(task, detail) };
    this.#raising.add(raising);
    await raising.end.finally(() => this.#raising.delete(raising));
  }

  /** What `read` says of the table, read again where an alarm of its target was being raised; others are not waited for. */
  async readWhole(read: () => Promise<RestartOrder>): Promise<RestartOrder> {
    const before = [...this.#raising];
    const order = await read();
    const isMeant = ({ target, subjects }: Raising): boolean =>
      target === order.target || subjects.some(({ processName }) => processName === order.lead.processName);
    const raising = [...before, ...this.#raising].filter(isMeant);
    await Promise.all(raising.map(({ end }) => end));
    return raising.length === 0 ? order : read();
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
  const isTrue =
    ref.processId === null || subjects.length === 0 || subjects.some(({ processId }) => processId === ref.processId);
  return isTrue ? ref : { ...ref, ...subjects[0] };
}
