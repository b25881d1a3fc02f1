/** The bounded set of recoveries: side by side up to a limit, in order of arrival beyond it, living across cycles. */
import type { ProcessId } from '../domain/alarm.js';

/** Work on one target; `run` is called once, when a slot is free, or `dropped`, when none will be. */
export interface RecoveryJob {
  readonly target: string;
  /** Whose rows it settles. */
  readonly processIds: readonly ProcessId[];
  readonly run: () => Promise<void>;
  readonly dropped?: () => void;
}

export class Recoveries {
  private limit: number;
  private readonly onBug: (cause: unknown) => void;
  private readonly running = new Map<string, { readonly job: RecoveryJob; readonly end: Promise<void> }>();
  private readonly queue = new Map<string, RecoveryJob>();

  /** `limit` from 1. `onBug` hears of anything thrown by a job: expected failures are values. */
  constructor(limit: number, onBug: (cause: unknown) => void) {
    this.limit = limit;
    this.onBug = onBug;
  }

  /** More or fewer at once from now on; what runs goes on. From 1. */
  setLimit(limit: number): void {
    this.limit = limit;
    this.fill();
  }

  /** false: this target has a job already, and nothing was changed. */
  start(job: RecoveryJob): boolean {
    if (this.running.has(job.target) || this.queue.has(job.target)) return false;
    this.queue.set(job.target, job);
    this.fill();
    return true;
  }

  /** Targets with a job, and whether it runs or waits for a slot. */
  targets(): ReadonlyMap<string, 'running' | 'queued'> {
    const all = new Map<string, 'running' | 'queued'>();
    for (const target of this.running.keys()) all.set(target, 'running');
    for (const target of this.queue.keys()) all.set(target, 'queued');
    return all;
  }

  /** Processes with a job, running or waiting: their rows cannot be taken at their word once it has ended. */
  processIds(): ReadonlySet<ProcessId> {
    const jobs = [...[...this.running.values()].map(({ job }) => job), ...this.queue.values()];
    return new Set(jobs.flatMap(({ processIds }) => processIds));
  }

  /** Those of them whose job waits for a slot. */
  queuedIds(): ReadonlySet<ProcessId> {
    return new Set([...this.queue.values()].flatMap(({ processIds }) => processIds));
  }

  get inFlight(): number {
    return this.running.size;
  }

  /** Forgets what has not begun; its rows stay in alarm and are found again. */
  dropQueued(): void {
    const jobs = [...this.queue.values()];
    this.queue.clear();
    for (const { dropped } of jobs) dropped?.();
  }

  /** Resolves when nothing runs or waits. */
  async done(): Promise<void> {
    while (this.running.size > 0) await Promise.all([...this.running.values()].map(({ end }) => end));
  }

  private fill(): void {
    for (const [target, job] of this.queue) {
      if (this.running.size >= this.limit) return;
      this.queue.delete(target);
      this.running.set(target, { job, end: this.runToEnd(job) });
    }
  }

  private async runToEnd(job: RecoveryJob): Promise<void> {
    try {
      await job.run();
    } catch (cause: unknown) {
      this.onBug(cause);
    } finally {
      this.running.delete(job.target);
      this.fill();
    }
  }
}
