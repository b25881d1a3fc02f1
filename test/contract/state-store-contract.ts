/** What every memory of the monitor promises. */
import { describe, expect, it } from 'vitest';
import { withChanges } from '../../src/domain/stored-state.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { sampleState } from './state-sample.js';
import { viewOf } from '../support/state-view.js';

export interface StoreUnderTest {
  readonly store: StateStore;
  /** The same memory as a monitor started later sees it. */
  readonly reopen: () => StateStore;
  /** From now on saving fails (true) or works again (false). */
  readonly breakSaving: (isBroken: boolean) => void | Promise<void>;
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
      expect(await store.save(viewOf(sampleState()))).toEqual({ kind: 'saved' });
      expect(await store.load()).toEqual({ kind: 'loaded', state: sampleState() });
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState() });
    });

    it('keeps the last of many saves made at once, each of which succeeds', async () => {
      const { store, reopen } = await make();
      const saves = Array.from({ length: 20 }, (_, number) => store.save(viewOf(sampleState(number))));
      expect(new Set((await Promise.all(saves)).map((save) => save.kind))).toEqual(new Set(['saved']));
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState(19) });
    });

    it('gives back what has changed since, what was forgotten, and the restarts that were added', async () => {
      const { store, reopen } = await make();
      await store.save(viewOf(sampleState()));
      let state = sampleState();
      for (const [index, processes] of [{ '42': null }, { '50': sampleState(7).processes['42'] ?? null }].entries()) {
        const changes = { savedAtMs: state.savedAtMs + 1, processes, hostRestartsAtMs: [1_767_225_600_000 + index] };
        state = withChanges(state, [changes]);
        expect(await store.save(viewOf(state, changes))).toEqual({ kind: 'saved' });
        expect(await reopen().load()).toEqual({ kind: 'loaded', state });
      }
      expect(Object.keys(state.processes)).toEqual(['44', '45', '50', '7:43']);
      expect(state.hostRestartsAtMs).toHaveLength(3);
    });

    it('says when it cannot save, keeps the older state, and saves again once it can', async () => {
      const { store, reopen, breakSaving } = await make();
      await store.save(viewOf(sampleState(1)));
      await breakSaving(true);
      expect(await store.save(viewOf(sampleState(2)))).toMatchObject({ kind: 'failed' });
      await breakSaving(false);
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState(1) });
      expect(await store.save(viewOf(sampleState(3)))).toEqual({ kind: 'saved' });
      expect(await reopen().load()).toEqual({ kind: 'loaded', state: sampleState(3) });
    });
  });
}
