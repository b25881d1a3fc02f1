/** The bounded set of recoveries: its limit, its order, its ends. */
import { describe, expect, it } from 'vitest';
import { Recoveries, type RecoveryJob } from '../../src/engine/recoveries.js';
import { settle } from '../support/fake-clock.js';
import { idOf } from '../support/policy.js';

interface Controlled extends RecoveryJob {
  readonly end: (failure?: Error) => void;
}

function jobs(): { readonly begun: string[]; readonly job: (target: string, dropped?: () => void) => Controlled } {
  const begun: string[] = [];
  return {
    begun,
    job(target, dropped = () => undefined) {
      const { promise, resolve, reject } = deferred();
      const run = (): Promise<void> => {
        begun.push(target);
        return promise;
      };
      const end = (failure?: Error): void => (failure === undefined ? resolve() : reject(failure));
      return { target, processIds: [idOf(begun.length + 1)], run, dropped, end };
    },
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (cause: Error) => void } {
  let settleIt: { resolve: () => void; reject: (cause: Error) => void } | undefined;
  const promise = new Promise<void>((resolve, reject) => (settleIt = { resolve, reject }));
  return { promise, resolve: () => settleIt?.resolve(), reject: (cause) => settleIt?.reject(cause) };
}

const noBug = (cause: unknown): void => {
  throw cause;
};

describe('recoveries', () => {
  it('run side by side up to the limit, then in order of arrival', async () => {
    const { begun, job } = jobs();
    const recoveries = new Recoveries(2, noBug);
    const all = ['a', 'b', 'c', 'd'].map((target) => job(target));
    for (const each of all) expect(recoveries.start(each)).toBe(true);
    expect(begun).toEqual(['a', 'b']);
    expect([...recoveries.targets()]).toEqual([
      ['a', 'running'],
      ['b', 'running'],
      ['c', 'queued'],
      ['d', 'queued'],
    ]);
    all[1]?.end();
    await settle();
    expect(begun).toEqual(['a', 'b', 'c']);
    all[0]?.end();
    await settle();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    expect(recoveries.inFlight).toBe(2);
  });

  it('take no second job for a target that has one, running or waiting', () => {
    const { begun, job } = jobs();
    const recoveries = new Recoveries(1, noBug);
    expect([job('a'), job('a'), job('b'), job('b')].map((each) => recoveries.start(each))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(begun).toEqual(['a']);
  });

  it('take a new job for a target whose last one has ended', async () => {
    const { begun, job } = jobs();
    const recoveries = new Recoveries(1, noBug);
    const first = job('a');
    recoveries.start(first);
    first.end();
    await settle();
    expect(recoveries.start(job('a'))).toBe(true);
    expect(begun).toEqual(['a', 'a']);
  });

  it('drop what waits, tell it, and finish what runs', async () => {
    const { begun, job } = jobs();
    const dropped: string[] = [];
    const recoveries = new Recoveries(1, noBug);
    const first = job('a');
    recoveries.start(first);
    recoveries.start(job('b', () => dropped.push('b')));
    recoveries.dropQueued();
    let isDone = false;
    const done = recoveries.done().then(() => (isDone = true));
    await settle();
    expect(isDone).toBe(false);
    first.end();
    await done;
    expect([begun, dropped]).toEqual([['a'], ['b']]);
  });

  it('report a bug in one, and go on with the others', async () => {
    const { begun, job } = jobs();
    const bugs: unknown[] = [];
    const recoveries = new Recoveries(1, (cause) => bugs.push(cause));
    const first = job('a');
    recoveries.start(first);
    recoveries.start(job('b'));
    first.end(new TypeError('a bug'));
    await settle();
    expect(bugs).toMatchObject([{ message: 'a bug' }]);
    expect(begun).toEqual(['a', 'b']);
  });
});
