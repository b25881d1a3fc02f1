/** How every database of alarms deals with many of them in the same turn: together, and yet each for itself. */
import { describe, expect, it } from 'vitest';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { ClaimWorld } from './alarm-claim-contract.js';

const STAMP = 'Restarted at 2026-11-20 21:40:11';
const never = new AbortController().signal;

/** Part of the suite of all stores. `mark`: claims are in the note; `sequence`: a column that a trigger counts up. */
export function describeManyAlarms(world: ClaimWorld, claims: 'mark' | 'sequence'): void {
  const isMark = claims === 'mark';
  const notes = async (): Promise<readonly (string | null)[]> => (await world.statuses()).map((row) => row.notes);
  const alarms = async (): Promise<readonly (number | null)[]> => (await world.statuses()).map((row) => row.alarma);
  const stored = (rows: number): unknown => ({ kind: 'cleared', rows, noteStored: true });

  describe('many alarms at once', () => {
    const ids = Array.from({ length: 70 }, (_, index) => index + 1);
    const names = Object.fromEntries(ids.map((each) => [each, `p${each}`]));
    const claimAll = (store: AlarmStore): Promise<readonly string[]> =>
      Promise.all(
        ids.map(async (each) => {
          const claiming = { alarmId: `${String(each).padStart(8, '0')}ffff`, processName: `p${each}` };
          const result = await store.writer.claim(world.id(each), claiming, never);
          return 'claim' in result ? result.claim : result.kind;
        }),
      );
    const clearAll = (store: AlarmStore, claims: readonly string[]): Promise<readonly unknown[]> =>
      Promise.all(
        ids.map((each) => {
          const clearing = { stamp: STAMP, claim: claims[each - 1] ?? null, processName: `p${each}` };
          return store.writer.clear(world.id(each), clearing, never);
        }),
      );

    it('are claimed and cleared each with its own text', async () => {
      const note = (each: number): string | null => (each % 3 === 0 ? null : `văzut de Ana ${each}`);
      await world.fill(
        names,
        ids.map((each) => ({ id: each, alarma: 1, notes: note(each) })),
      );
      const store = world.open();
      const claims = await claimAll(store);
      if (isMark) expect(new Set(claims).size).toBe(ids.length);
      if (isMark)
        expect(await notes()).toEqual(ids.map((each) => [note(each), claims[each - 1]].filter(Boolean).join(' ')));
      expect(await clearAll(store, claims)).toEqual(ids.map(() => stored(1)));
      expect(await notes()).toEqual(ids.map((each) => [note(each), STAMP].filter(Boolean).join(' - ')));
      expect(await alarms()).toEqual(ids.map(() => 0));
    });

    it('are answered each for itself: raised again, acknowledged, clear, renamed, or twice there', async () => {
      const rows = ids.map((each) => ({ id: each, alarma: 1, notes: 'seen' }));
      await world.fill(names, [...rows, { id: 5, alarma: 1, notes: 'twin' }]);
      const store = world.open();
      const claims = await claimAll(store);
      await world.change(0, { alarma: 1, notes: 'again' });
      await world.change(1, { sound: 1 });
      await world.change(2, { alarma: 0 });
      const before = await world.statuses();
      const wrongName = { stamp: STAMP, claim: claims[3] ?? null, processName: 'four' };
      const [results, renamed] = await Promise.all([
        clearAll(store, claims),
        store.writer.clear(world.id(70_000), wrongName, never),
      ]);
      expect(renamed).toEqual({ kind: 'renamed' });
      expect(results.slice(0, 3)).toEqual([{ kind: 'raised_again' }, { kind: 'not_ours' }, { kind: 'not_ours' }]);
      expect(results[4]).toEqual(stored(2));
      expect(results.slice(5)).toEqual(ids.slice(5).map(() => stored(1)));
      const after = await world.statuses();
      expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
      expect(after.slice(3).map(({ alarma }) => alarma)).toEqual(after.slice(3).map(() => 0));
    });
  });
}
