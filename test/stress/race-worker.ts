/** One life of a monitor in the race: what its engine does, in the same order. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessId } from '../../src/domain/alarm.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import { StoreError } from '../../src/ports/store-error.js';
import { between, type Handling, type Program, type Site } from './race-site.js';

const never = new AbortController().signal;
// Every connection of every life listens to it.
setMaxListeners(0, never);

/** Gives up the work of a life that was ended. */
class Killed extends Error {}

/** One life of the monitor, as its engine goes about it: claim, act, verify, clear, look again; on record before each act. */
export class Worker {
  readonly #site: Site;
  readonly #store: AlarmStore;
  readonly #end: AbortSignal;

  constructor(site: Site, store: AlarmStore, end: AbortSignal) {
    this.#site = site;
    this.#store = store;
    this.#end = end;
  }

  /** Ends with its life, or when it is to stop. */
  async run(stop: AbortSignal): Promise<void> {
    const running = new Set<Promise<void>>();
    const start = (work: Promise<void>): void => {
      const kept = work.catch(forgive).finally(() => running.delete(kept));
      running.add(kept);
    };
    for (const [id, handling] of this.#site.handlings) start(this.#resume(this.#program(id), handling));
    for (const id of this.#site.watches.keys()) start(this.#watch(this.#program(id)));
    while (!stop.aborted && !this.#end.aborted) {
      for (const program of await this.#alarmed().catch(none)) {
        if (this.#site.busy.has(program.id)) continue;
        this.#site.busy.add(program.id);
        start(this.#handle(program).finally(() => this.#site.busy.delete(program.id)));
      }
      for (const id of this.#site.debts) {
        if (!this.#site.busy.has(id)) start(this.#raiseAgain(this.#program(id)));
      }
      await sleep(2);
    }
    await Promise.all(running);
  }

  async #alarmed(): Promise<readonly Program[]> {
    const rows = await this.#store.source.alarmed(never);
    return rows.flatMap(({ processId }) => (processId === null ? [] : [this.#program(processId)]));
  }

  /** Steps of a life that has ended never come about. */
  async #step<T>(result: Promise<T>): Promise<T> {
    const value = await result;
    if (this.#end.aborted) throw new Killed();
    return value;
  }

  async #handle(program: Program): Promise<void> {
    const { id } = program;
    const site = this.#site;
    const still = await this.#step(this.#store.source.stillAlarmed([id], never));
    if (still.length === 0) return;
    site.watches.delete(id);
    const claim = await this.#claim(id, site.nextAlarmId());
    const handling = { claim, startsBefore: program.starts, isProved: false };
    site.handlings.set(id, handling);
    await this.#step(sleep(between(1, 4)));
    site.restarts += 1;
    if (program.failure === null) site.needless += 1;
    program.failure = null;
    program.starts += 1;
    await this.#step(sleep(between(0, 2)));
    if (isBad(program)) {
      site.handlings.delete(id);
      return;
    }
    await this.#finish(program, handling);
  }

  async #claim(id: ProcessId, alarmId: string): Promise<string | null> {
    if (this.#site.options.way === 'blind') return null;
    const result = await this.#step(this.#store.writer.claim(id, { alarmId }, never));
    if (result.kind !== 'claimed' && result.kind !== 'not_ours') throw new Error(`claim: ${result.kind}`);
    return result.claim;
  }

  async #finish(program: Program, handling: Handling): Promise<void> {
    const { id } = program;
    this.#site.handlings.set(id, { ...handling, isProved: true });
    await this.#clear(id, handling.claim);
    if (this.#site.options.way === 'claimed') this.#site.watches.set(id, Date.now() + 15);
    this.#site.handlings.delete(id);
    if (this.#site.options.way === 'claimed') await this.#watch(program);
  }

  /** Until it gets through: what the database does not take is owed. */
  async #clear(id: ProcessId, claim: string | null): Promise<void> {
    const stamp = `Restarted at ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;
    for (;;) {
      try {
        if (this.#site.options.way === 'blind')
          await this.#step(
            this.#site.world.worker.run(`UPDATE STATUS_PROCESS SET alarma = 0 WHERE process_id = ${id}`),
          );
        else await this.#step(this.#store.writer.clear(id, { stamp, claim }, never));
        return;
      } catch (error) {
        if (!isPassing(error) || this.#end.aborted) throw error;
        await this.#step(sleep(1));
      }
    }
  }

  /** What a dead worker has begun: proved, so it is finished; restarted and well, so it is too; or else the row is handled anew. */
  async #resume(program: Program, handling: Handling): Promise<void> {
    this.#site.busy.add(program.id);
    try {
      const isRestarted = program.starts !== handling.startsBefore;
      if (handling.isProved || (isRestarted && !isBad(program))) await this.#finish(program, handling);
      else this.#site.handlings.delete(program.id);
    } finally {
      this.#site.busy.delete(program.id);
    }
  }

  /** The looks after the reset. */
  async #watch(program: Program): Promise<void> {
    const { id } = program;
    const { watches, debts } = this.#site;
    for (;;) {
      const untilMs = watches.get(id);
      if (untilMs === undefined) return;
      if (isBad(program)) {
        debts.add(id);
        watches.delete(id);
        return this.#raiseAgain(program);
      }
      if (Date.now() >= untilMs) return void watches.delete(id);
      await this.#step(sleep(3));
    }
  }

  async #raiseAgain({ id }: Program): Promise<void> {
    await this.#step(this.#store.writer.raise(id, never));
    this.#site.debts.delete(id);
  }

  #program(id: ProcessId): Program {
    const program = this.#site.programs.find((each) => each.id === id);
    if (program === undefined) throw new Error(`no process ${id}`);
    return program;
  }
}

/** As a health check sees it. */
function isBad({ failure }: Program): boolean {
  return failure !== null && failure.isVisible;
}

function none(): readonly Program[] {
  return [];
}

/** A life that ends takes its connections with it; a database that is busy is asked again by the next look. */
function forgive(error: unknown): void {
  if (!(error instanceof Killed) && !isPassing(error)) throw error;
}

/** What another try may mend; on a cluster also a conflict, when the row is reset without our adapter. */
function isPassing(error: unknown): boolean {
  return error instanceof StoreError || (error as { readonly errno?: number }).errno === 1213;
}
