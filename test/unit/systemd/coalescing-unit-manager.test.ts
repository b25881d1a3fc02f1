/** Questions about units that come together are asked together, and each gets its own answer. */
import { expect, it, describe } from 'vitest';
import { CoalescingUnitManager } from '../../../src/adapters/systemd/coalescing-unit-manager.js';
import type { UnitManager, UnitStates, UnitsUnknown } from '../../../src/ports/unit-manager.js';
import { notFoundState } from '../../../src/adapters/systemd/unit-properties.js';
import { PATIENCE } from '../../support/patience.js';

/** Answers when told to, and notes what it was asked. */
class SlowUnits implements UnitManager {
  readonly isHearing = false;
  readonly asked: (readonly string[])[] = [];
  readonly #answers: ((failure?: Error) => void)[] = [];

  describe(names: readonly string[]): Promise<UnitStates | UnitsUnknown> {
    this.asked.push(names);
    const states = new Map(names.map((name) => [name, notFoundState(name)]));
    return new Promise((resolve, reject) =>
      this.#answers.push((failure) => (failure === undefined ? resolve(states) : reject(failure))),
    );
  }

  answerNext(failure?: Error): void {
    this.#answers.shift()?.(failure);
  }

  restart(): Promise<{ kind: 'done' }> {
    return Promise.resolve({ kind: 'done' });
  }

  follow(): void {
    throw new Error('not asked for here');
  }

  resetFailed(): Promise<{ kind: 'done' }> {
    return Promise.resolve({ kind: 'done' });
  }
}

const namesOf = (states: UnitStates | UnitsUnknown): readonly string[] =>
  typeof states === 'string' ? [] : [...states.keys()];

const options = (signal = new AbortController().signal): { timeoutMs: number; signal: AbortSignal } => ({
  timeoutMs: 1000,
  signal,
});

describe('coalescing unit manager', () => {
  it('asks at once when nothing is being asked, and merges what comes meanwhile into one question', async () => {
    const slow = new SlowUnits();
    const units = new CoalescingUnitManager(slow);
    const first = units.describe(['a'], options());
    const second = units.describe(['b', 'c'], options());
    const third = units.describe(['c', 'd'], options());
    expect(slow.asked).toEqual([['a']]);
    slow.answerNext();
    expect(namesOf(await first)).toEqual(['a']);
    expect(slow.asked).toEqual([['a'], ['b', 'c', 'd']]);
    slow.answerNext();
    expect(namesOf(await second)).toEqual(['b', 'c']);
    expect(namesOf(await third)).toEqual(['c', 'd']);
  });

  it('tells everyone whose question was broken off by a bug, and asks on for the others', async () => {
    const slow = new SlowUnits();
    const units = new CoalescingUnitManager(slow);
    const first = units.describe(['a'], options());
    const broken = ['b', 'c'].map((name) => units.describe([name], options()));
    slow.answerNext();
    await first;
    const last = units.describe(['d'], options());
    slow.answerNext(new Error('a bug'));
    for (const each of broken) await expect(each).rejects.toThrow('a bug');
    slow.answerNext();
    expect(namesOf(await last)).toEqual(['d']);
  });

  it('never gives an answer that was looked up before the question was put', async () => {
    const slow = new SlowUnits();
    const units = new CoalescingUnitManager(slow);
    const before = units.describe(['a'], options());
    const after = units.describe(['a'], options());
    slow.answerNext();
    await before;
    expect(slow.asked).toHaveLength(2);
    slow.answerNext();
    await after;
  });

  it('does not let a quick question wait for a look at everything, nor the other way round', async () => {
    const slow = new SlowUnits();
    const units = new CoalescingUnitManager(slow);
    const many = Array.from({ length: 61 }, (_, number) => `u${number}`);
    const everything = units.describe(many, options());
    const one = units.describe(['a'], options());
    const again = units.describe(many, options());
    const another = units.describe(['b'], options());
    expect(slow.asked).toEqual([many, ['a']]);
    slow.answerNext();
    expect(namesOf(await everything)).toEqual(many);
    slow.answerNext();
    expect(namesOf(await one)).toEqual(['a']);
    expect(slow.asked).toEqual([many, ['a'], many, ['b']]);
    slow.answerNext();
    slow.answerNext();
    expect([namesOf(await again), namesOf(await another)]).toEqual([many, ['b']]);
  });

  it('lets one give up without taking the answer from the others', async () => {
    const slow = new SlowUnits();
    const units = new CoalescingUnitManager(slow);
    const impatient = new AbortController();
    const first = units.describe(['a'], options(impatient.signal));
    const second = units.describe(['b'], options());
    impatient.abort();
    expect(await first).toBe('no_answer');
    slow.answerNext();
    slow.answerNext();
    await Promise.resolve();
    slow.answerNext();
    await expect.poll(() => slow.asked.length, PATIENCE).toBe(2);
    slow.answerNext();
    expect(await second).not.toBe('no_answer');
  });

  it('does not ask for whom nobody waits any more', async () => {
    const slow = new SlowUnits();
    const units = new CoalescingUnitManager(slow);
    const stop = new AbortController();
    const first = units.describe(['a'], options());
    const queued = units.describe(['b'], options(stop.signal));
    stop.abort();
    expect(await queued).toBe('no_answer');
    expect(await units.describe(['c'], options(stop.signal))).toBe('no_answer');
    slow.answerNext();
    expect(namesOf(await first)).toEqual(['a']);
    expect(slow.asked).toEqual([['a']]);
  });
});
