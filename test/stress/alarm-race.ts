/** Processes that break at any moment, somebody who raises each failure once, and a worker that answers: who is forgotten? */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, Site, type RaceOptions, type RaceResult, type RaceWorld } from './race-site.js';
import { Worker } from './race-worker.js';

const KILL_EVERY_MS = 50;
const LONGEST_MS = 150_000;

/** Runs until so many alarms were raised and everything has come to rest. */
export async function race(world: RaceWorld, options: RaceOptions): Promise<RaceResult> {
  const site = new Site(world, options);
  await site.prepare();
  const stop = new AbortController();
  const over = AbortSignal.any([stop.signal, AbortSignal.timeout(LONGEST_MS)]);
  const programs = site.programs.map((program) => site.breakAgainAndAgain(program, over));
  const lives = runLives(site, over);
  const watchman = site.countLost(over);
  try {
    await Promise.all(programs);
    await site.rest();
  } finally {
    stop.abort();
    await Promise.all([lives, watchman]);
  }
  return site.result;
}

/** One worker after another. */
async function runLives(site: Site, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const end = new AbortController();
    const store = site.world.open();
    const worker = new Worker(site, store, end.signal);
    const work = worker.run(stop);
    if (site.options.kills) {
      await Promise.race([sleep(between(0, 2 * KILL_EVERY_MS)), work]);
      // The last life may come to its end: on a busy machine none would ever get so far.
      if (site.raises >= site.options.raises) await work;
      else site.kills += 1;
      end.abort();
      await store.close();
    }
    await work;
    await store.close();
    site.busy.clear();
  }
}
