/** The set of watches: one loop looks after all of them, from the first that comes to the last that ends. */
import { expect, it } from 'vitest';
import { NO_EVIDENCE } from '../../src/domain/process-memory.js';
import { Watches, type WatchEnds, type WatchTask } from '../../src/engine/watches.js';
import { settle } from '../support/fake-clock.js';
import { MonitorBench } from '../support/monitor-bench.js';
import { policyOf } from '../support/policy.js';

/** More than lie between the end of the last watch and that of the loop. */
const MOST_TURNS = 60;

function taskUntil(untilMs: number): WatchTask {
  const ref = { alarmId: '000000010000', processId: null, processName: 'app' };
  return { ref, subjects: [], policy: policyOf(), evidence: NO_EVIDENCE, untilMs };
}

it.each(Array.from({ length: MOST_TURNS }, (_, turns) => turns))(
  'is not done while one is watched that was added %i turns after the last one had ended',
  async (turns) => {
    const bench = new MonitorBench({});
    const draining = new AbortController();
    const addSecond = async (): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      watches.add('second', taskUntil(Infinity), draining.signal);
    };
    const ends: WatchEnds = {
      mayEnd: () => true,
      onStable: () => {
        void addSecond();
        return Promise.resolve();
      },
      onFailed: () => Promise.resolve(),
      onStopped: () => Promise.resolve(),
    };
    const watches = new Watches(bench, ends);
    watches.add('first', taskUntil(bench.clock.monotonicMs()), draining.signal);
    await settle();
    await bench.clock.advance(200);
    let isDone = false;
    const done = watches.done().then(() => (isDone = true));
    await settle();
    expect(isDone).toBe(false);
    draining.abort();
    await done;
  },
);
