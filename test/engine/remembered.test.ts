/** What is remembered: told whole or by what has changed, and found by kind without looking at all of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProcessId } from '../../src/domain/alarm.js';
import { newMemory, type ProcessMemory } from '../../src/domain/process-memory.js';
import { withChanges, type StoredState } from '../../src/domain/stored-state.js';
import { Remembered, type MemoryKind } from '../../src/engine/remembered.js';
import { FakeClock } from '../support/fake-clock.js';
import { idOf } from '../support/policy.js';

const clock = new FakeClock({ nowMs: 1_767_225_600_000 });
const create = (): Remembered =>
  new Remembered({
    now: () => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }),
    hostBudget: { restarts: 5, windowMs: 3600_000 },
    keyOf: (processId) => `7:${processId}`,
  });
const failed = (failures: number): ProcessMemory => ({ ...newMemory('app'), breaker: { kind: 'closed', failures } });
const owing = { kind: 'clear', stamp: 's', sinceMs: 0, alarmId: 'a', claim: null } as const;
const MEMORIES: readonly (ProcessMemory | null)[] = [
  null,
  failed(1),
  { ...failed(1), owed: owing },
  { ...failed(1), handledMs: 5 },
  { ...failed(0), breaker: { kind: 'open', untilMs: 1e9, openings: 1 } },
];

describe('what has changed', () => {
  it('is told once: a process that is new, one that is other than before, one that is forgotten, a restart of the host', () => {
    const remembered = create();
    remembered.set(idOf(1), failed(1));
    remembered.set(idOf(2), failed(1));
    remembered.spendOfHost(clock.monotonicMs());
    const before = remembered.whole();
    remembered.set(idOf(1), null);
    remembered.set(idOf(2), failed(2));
    remembered.set(idOf(3), failed(3));
    remembered.spendOfHost(clock.monotonicMs());
    const changes = remembered.changes();
    expect(Object.keys(changes?.processes ?? {}).sort()).toEqual(['7:1', '7:2', '7:3']);
    expect(changes?.processes['7:1']).toBeNull();
    expect(changes?.hostRestartsAtMs).toHaveLength(1);
    expect(remembered.changes()).toMatchObject({ processes: {}, hostRestartsAtMs: [] });
    expect(changes && withChanges(before, [changes])).toEqual(remembered.whole());
  });

  it('is not told before the whole was, after that was asked for, and after the wall clock was set', () => {
    const remembered = create();
    expect(remembered.changes()).toBeNull();
    remembered.whole();
    expect(remembered.changes()).not.toBeNull();
    remembered.askForWhole();
    expect(remembered.changes()).toBeNull();
    remembered.whole();
    clock.setWallClock(clock.nowMs() + 2000);
    expect(remembered.changes()).toBeNull();
    remembered.whole();
    expect(remembered.changes()).not.toBeNull();
  });

  it('one after the other makes up the whole, whatever changes', () => {
    const step = fc.oneof(
      fc.record({ id: fc.integer({ min: 1, max: 4 }), memory: fc.constantFrom(...MEMORIES) }),
      fc.constantFrom('spend' as const, 'save' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const remembered = create();
        let stored: StoredState = remembered.whole();
        for (const one of steps) {
          if (one === 'spend') remembered.spendOfHost(clock.monotonicMs());
          else if (typeof one === 'object') remembered.set(idOf(one.id), one.memory);
          else {
            const changes = remembered.changes();
            if (changes !== null) stored = withChanges(stored, [changes]);
          }
        }
        const last = remembered.changes();
        const whole = remembered.whole();
        expect(last && withChanges(stored, [last])).toMatchObject({ processes: whole.processes });
        for (const kind of ['unsettled', 'owing', 'open', 'handled'] as const)
          expect([...remembered.idsOf(kind)].sort()).toEqual(idsByLooking(remembered, kind));
      }),
    );
  });
});

function idsByLooking(remembered: Remembered, kind: MemoryKind): readonly ProcessId[] {
  const is = ({ inFlight, owed, breaker, handledMs }: ProcessMemory): boolean =>
    ({
      unsettled: inFlight !== null || owed !== null,
      owing: owed !== null,
      open: breaker.kind === 'open',
      handled: handledMs !== null,
    })[kind];
  return remembered
    .entries()
    .filter(([, memory]) => is(memory))
    .map(([id]) => id)
    .sort();
}
