/** Processes that break at any moment, somebody who raises each failure once, and one who counts those that are forgotten. */
import { setTimeout as sleep } from 'node:timers/promises';
import { toProcessId, type ProcessId } from '../../src/domain/alarm.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { SqlClient } from '../support/servers/sql-client.js';

/** `own_note`: alarma, sound and a note of its own; `same_note`: always the same note; `alarm_only`: nothing but alarma. */
export type RaiseStyle = 'own_note' | 'same_note' | 'alarm_only';
/** `blind`: the row is reset whatever it says, as the predecessor did, and nobody looks afterwards. */
export type ClearWay = 'blind' | 'claimed';

export interface RaceOptions {
  readonly way: ClearWay;
  readonly style: RaiseStyle;
  /** The worker dies in the middle of anything, every so often. */
  readonly kills: boolean;
  readonly processes: number;
  readonly raises: number;
}

export interface RaceResult {
  readonly raises: number;
  readonly restarts: number;
  /** Restarts of a process that was well. */
  readonly needless: number;
  /** Down, its alarm wiped out, and nobody at work on it: a health check would have seen it. */
  readonly lostVisible: number;
  /** The same, where no health check sees it: only its alarm tells. */
  readonly lostInvisible: number;
  readonly kills: number;
}

export interface RaceWorld {
  /** Opened anew after each kill. */
  readonly open: () => AlarmStore;
  /** Of the system that raises alarms; on a cluster, on another node than the worker's. */
  readonly raiser: SqlClient;
  /** On the worker's node. */
  readonly worker: SqlClient;
}

export interface Failure {
  readonly isVisible: boolean;
  isRaised: boolean;
}

export interface Program {
  readonly id: ProcessId;
  failure: Failure | null;
  /** So often it was started: by it a worker sees whether a restart was begun before its time. */
  starts: number;
}

/** On record before it is acted on: what outlives the worker. */
export interface Handling {
  readonly claim: string | null;
  readonly startsBefore: number;
  /** It runs and is well: what is left is to clear its alarm, and to look again. */
  readonly isProved: boolean;
}

const INVISIBLE = 0.2;
const REST_MS = 30_000;

export function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

export class Site {
  readonly programs: readonly Program[];
  readonly handlings = new Map<ProcessId, Handling>();
  readonly watches = new Map<ProcessId, number>();
  readonly debts = new Set<ProcessId>();
  readonly busy = new Set<ProcessId>();
  readonly world: RaceWorld;
  readonly options: RaceOptions;
  raises = 0;
  restarts = 0;
  needless = 0;
  lostVisible = 0;
  lostInvisible = 0;
  kills = 0;
  #handlings = 0;
  #pendingRaises = 0;

  constructor(world: RaceWorld, options: RaceOptions) {
    this.world = world;
    this.options = options;
    const ids = Array.from({ length: options.processes }, (_, index) => toProcessId(index + 1));
    this.programs = ids.filter((id) => id !== null).map((id) => ({ id, failure: null, starts: 0 }));
  }

  get result(): RaceResult {
    const { raises, restarts, needless, lostVisible, lostInvisible, kills } = this;
    return { raises, restarts, needless, lostVisible, lostInvisible, kills };
  }

  async prepare(): Promise<void> {
    const { raiser } = this.world;
    await raiser.run('DELETE FROM STATUS_PROCESS; DELETE FROM PROCESE');
    for (const { id } of this.programs)
      await raiser.run(
        `INSERT INTO PROCESE VALUES (${id}, 'p${id}'); INSERT INTO STATUS_PROCESS VALUES (${id}, 0, 0, NULL)`,
      );
  }

  nextAlarmId(): string {
    this.#handlings += 1;
    return `${this.#handlings.toString(16).padStart(8, '0')}abcd`;
  }

  /** Only one that runs breaks; whether and when its alarm is noticed is another matter. */
  async breakAgainAndAgain(program: Program, signal: AbortSignal): Promise<void> {
    while (this.raises < this.options.raises && !signal.aborted) {
      await sleep(between(0, 12));
      if (program.failure !== null) continue;
      const failure: Failure = { isVisible: Math.random() >= INVISIBLE, isRaised: false };
      program.failure = failure;
      this.raises += 1;
      this.#pendingRaises += 1;
      await sleep(between(0, 4));
      await this.#raise(program);
      failure.isRaised = true;
      this.#pendingRaises -= 1;
    }
  }

  async #raise({ id }: Program): Promise<void> {
    const values = {
      own_note: `alarma = 1, sound = 0, notes = 'failure ${this.raises}'`,
      same_note: "alarma = 1, sound = 0, notes = 'Test alarm'",
      alarm_only: 'alarma = 1',
    }[this.options.style];
    for (;;) {
      try {
        await this.world.raiser.run(`UPDATE STATUS_PROCESS SET ${values} WHERE process_id = ${id}`);
        return;
      } catch (error) {
        // On a cluster the raiser may lose against us; it raises all the same, as it must.
        if ((error as { errno?: number }).errno !== 1213) throw error;
      }
    }
  }

  /** Resolves when nothing more is to come: whoever is still down is handled, or forgotten. */
  async rest(): Promise<void> {
    const isOver = (): boolean =>
      this.#pendingRaises === 0 && this.programs.every(({ failure }) => failure === null) && this.handlings.size === 0;
    const giveUpAt = Date.now() + REST_MS;
    while (!isOver()) {
      if (Date.now() > giveUpAt) throw new Error(`The worker does not come to an end: ${await this.#unsettled()}`);
      await sleep(5);
    }
  }

  async #unsettled(): Promise<string> {
    const down = this.programs.filter(({ failure }) => failure !== null);
    const rows = await this.world.worker.rows('SELECT * FROM STATUS_PROCESS WHERE alarma = 1');
    const { handlings, watches, debts, busy } = this;
    return JSON.stringify({
      pendingRaises: this.#pendingRaises,
      down,
      rows,
      handlings: [...handlings],
      watches: [...watches],
      debts: [...debts],
      busy: [...busy],
    });
  }

  /** A failure whose alarm was raised and is gone, while nobody is at work on it: it is mended, so that the race goes on. */
  async countLost(signal: AbortSignal): Promise<void> {
    const suspects = new Map<Program, Failure>();
    while (!signal.aborted) {
      await sleep(100);
      const rows = await this.world.worker.rows('SELECT process_id AS id FROM STATUS_PROCESS WHERE alarma = 1');
      const alarmed = new Set(rows.map((row) => row['id']));
      for (const program of this.programs) {
        const { id, failure } = program;
        const isCared = alarmed.has(id) || this.handlings.has(id) || this.watches.has(id) || this.debts.has(id);
        if (failure === null || !failure.isRaised || isCared) suspects.delete(program);
        else if (suspects.get(program) !== failure) suspects.set(program, failure);
        else {
          this.#count(failure);
          program.failure = null;
          suspects.delete(program);
        }
      }
    }
  }

  #count({ isVisible }: Failure): void {
    if (isVisible) this.lostVisible += 1;
    else this.lostInvisible += 1;
  }
}
