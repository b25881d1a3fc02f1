/** What every memory of the monitor promises. */
import { describe, expect, it } from 'vitest';
import { STATE_VERSION, type StoredState } from '../../src/domain/stored-state.js';
import type { StateStore } from '../../src/ports/state-store.js';

export interface StoreUnderTest {
  readonly store: StateStore;
  /** The same memory as a monitor started later sees it. */
  readonly reopen: () => StateStore;
  /** From now on saving fails (true) or works again (false). */
  readonly breakSaving: (isBroken: boolean) => void | Promise<void>;
}

/** A state with every kind of entry in it; `failures` tells two of them apart. */
export function sampleState(failures = 0): StoredState {
  const before = {
    unit: { id: 'app.service', invocationId: '9f'.repeat(16) },
    processes: [{ pid: 4711, startTicks: 123_456, bootId: 'b0071d00-0000-4000-8000-000000000000' }],
  };
  const idle = { restartsAtMs: [], inFlight: null, owed: null, watch: null, handledAtMs: null, refusal: null };
  return {
    version: STATE_VERSION,
    savedAtMs: 1_767_225_600_000,
    processes: {
      '42': {
        processName: 'sshd',
        breaker: { kind: 'closed', failures },
        restartsAtMs: [1_767_225_000_000, 1_767_225_100_000],
        inFlight: {
          alarmId: '0123456789ab',
          startedAtMs: 1_767_225_100_000,
          deadlineAtMs: 1_767_225_200_000,
          attempt: 1,
          step: 'unit',
          before,
          claim: 'pm:01234567',
        },
        owed: {
          kind: 'clear',
          stamp: 'Restarted at …',
          sinceMs: 1_767_225_150_000,
          alarmId: '0123456789ab',
          claim: null,
        },
        watch: { untilMs: 1_767_225_700_000, alarmId: '0123456789ab', after: { unit: null, processes: [] } },
        handledAtMs: 1_767_225_180_000,
        refusal: { untilMs: 1_767_225_900_000, detail: 'no right to restart "ș"\n' },
      },
      '7:43': { ...idle, processName: '', breaker: { kind: 'open', untilMs: 1_767_229_000_000, openings: 2 } },
      '44': { ...idle, processName: 'a b', breaker: { kind: 'half_open', openings: 1 } },
      '45': { ...idle, processName: '__proto__', breaker: { kind: 'isolated' } },
    },
    hostRestartsAtMs: [1_767_225_000_000],
  };
}

/** Runs the promises on one store; `make` is called once for each. */
export function stateStoreContract(name: string, make: () => StoreUnderTest | Promise<StoreUnderTest>): void {
  describe(name, () => {
    it('has nothing at first', async () => {
      const { store } = await make();
      expect(await store.load()).toEqual({ kind: 'none' });
    });

    it('gives back exactly what was saved, also to a monitor started later', async () => {
      const { store, reopen } = await make();
      expect(await store.save(sampleState())).toEqual({ kind: 'saved' });
      expect(await store.load()).toEqual({ kind: 'loaded', state: sampleState() });
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState() });
    });

    it('keeps the last of many saves made at once, each of which succeeds', async () => {
      const { store, reopen } = await make();
      const saves = Array.from({ length: 20 }, (_, number) => store.save(sampleState(number)));
      expect(new Set((await Promise.all(saves)).map((save) => save.kind))).toEqual(new Set(['saved']));
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState(19) });
    });

    it('says when it cannot save, keeps the older state, and saves again once it can', async () => {
      const { store, reopen, breakSaving } = await make();
      await store.save(sampleState(1));
      await breakSaving(true);
      expect(await store.save(sampleState(2))).toMatchObject({ kind: 'failed' });
      await breakSaving(false);
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState(1) });
      expect(await store.save(sampleState(3))).toEqual({ kind: 'saved' });
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState(3) });
    });
  });
}
