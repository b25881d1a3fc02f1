/** What every source of alarms must do, whatever it is made of. */
import { describe, expect, it } from 'vitest';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import { idOf } from '../support/policy.js';
import type { SeedRow, StoreSettings } from './alarm-store-contract.js';

const never = new AbortController().signal;

export interface SourceUnderTest {
  /** In place of all that was there; before `open`. */
  readonly fill: (processes: Readonly<Record<number, string>>, rows: readonly SeedRow[]) => Promise<void>;
  readonly open: (settings?: Partial<StoreSettings>) => AlarmStore;
}

/** Declares the tests; part of the suite of a whole store. */
export function describeAlarmSource({ fill, open }: SourceUnderTest): void {
  describe('source', () => {
    it('gives the rows in alarm that nobody has acknowledged, by id, with their notes as they are', async () => {
      await fill({ 1: 'one', 2: 'two', 3: 'three', 4: 'four', 5: 'five' }, [
        { id: 5, alarma: 1, notes: 'văzut de Ana 🙂' },
        { id: 1, alarma: 1, notes: null },
        { id: 2, alarma: 1, sound: 1 },
        { id: 3 },
        { id: 4, alarma: 1, sound: null, notes: '' },
      ]);
      expect(await open().source.alarmed(never)).toEqual([
        { processId: 1, processName: 'one', notes: null },
        { processId: 4, processName: 'four', notes: '' },
        { processId: 5, processName: 'five', notes: 'văzut de Ana 🙂' },
      ]);
    });

    it('takes only alarma = 1 for an alarm', async () => {
      await fill({ 1: 'one', 2: 'two', 3: 'three' }, [
        { id: 1, alarma: null },
        { id: 2, alarma: 2 },
        { id: 3, alarma: -1 },
      ]);
      expect(await open().source.alarmed(never)).toEqual([]);
    });

    it('shows orphans without a name, rows without an id and both of two duplicates', async () => {
      await fill({ 1: 'one' }, [
        { id: 1, alarma: 1 },
        { id: 1, alarma: 1 },
        { id: 9, alarma: 1 },
        { id: null, alarma: 1 },
      ]);
      expect(await open().source.alarmed(never)).toEqual([
        { processId: null, processName: null, notes: null },
        { processId: 1, processName: 'one', notes: null },
        { processId: 1, processName: 'one', notes: null },
        { processId: 9, processName: null, notes: null },
      ]);
    });

    it('gives no id for one that JavaScript would round to another', async () => {
      await fill({}, [{ id: Number.MAX_SAFE_INTEGER + 1, alarma: 1 }]);
      expect(await open().source.alarmed(never)).toEqual([{ processId: null, processName: null, notes: null }]);
    });

    it('sees only its own host where one is set', async () => {
      await fill({ 1: 'one', 2: 'two' }, [
        { id: 1, alarma: 1, hostId: 1 },
        { id: 2, alarma: 1, hostId: 2 },
      ]);
      const { source } = open({ hostId: 2 });
      expect((await source.alarmed(never)).map((row) => row.processId)).toEqual([2]);
      expect(await source.stillAlarmed([idOf(1), idOf(2)], never)).toEqual([{ processId: 2, processName: 'two' }]);
      expect(await source.countProcesses(never)).toBe(1);
    });

    it('says which of some ids are still in alarm, and what they are called now', async () => {
      await fill({ 1: 'one', 2: 'two', 3: 'three' }, [
        { id: 1, alarma: 1 },
        { id: 2, alarma: 1, sound: 1 },
        { id: 3, alarma: 1 },
      ]);
      const { source } = open();
      const alarmed = [
        { processId: 1, processName: 'one' },
        { processId: 3, processName: 'three' },
      ];
      expect(await source.stillAlarmed([idOf(3), idOf(2), idOf(1), idOf(8)], never)).toEqual(alarmed);
      expect(await source.stillAlarmed([], never)).toEqual([]);
    });

    it('says so under the names of now, duplicates and orphans included', async () => {
      await fill({ 3: 'Three' }, [
        { id: 3, alarma: 1 },
        { id: 3, alarma: 1 },
        { id: 9, alarma: 1 },
      ]);
      expect(await open().source.stillAlarmed([idOf(3), idOf(9)], never)).toEqual([
        { processId: 3, processName: 'Three' },
        { processId: 3, processName: 'Three' },
        { processId: 9, processName: null },
      ]);
    });

    it('says what ids are called now, in alarm or not, and nothing of those that belong to no process', async () => {
      await fill({ 1: 'one', 2: 'two', 3: 'three' }, [
        { id: 1, alarma: 1, sound: 1 },
        { id: 2, hostId: 2 },
        { id: 9, alarma: 1 },
      ]);
      const { source } = open({ hostId: 1 });
      expect(await source.namesOf([idOf(3), idOf(2), idOf(1), idOf(9)], never)).toEqual([
        { processId: 1, processName: 'one' },
        { processId: 2, processName: 'two' },
        { processId: 3, processName: 'three' },
      ]);
      expect(await source.namesOf([], never)).toEqual([]);
    });

    it('gives the rows of some names, whatever their state, and of no name that only looks like one of them', async () => {
      await fill({ 1: 'one', 2: 'two', 3: 'ONE', 4: 'four', 5: 'öne', 6: 'five' }, [
        { id: 4, alarma: 1, hostId: 2 },
        { id: 2, alarma: 1, sound: 1 },
        { id: 1, alarma: 1 },
        { id: 3 },
        { id: 5, alarma: null, sound: null },
      ]);
      const { source } = open({ hostId: 1 });
      expect(await source.rowsNamed(['two', 'one', 'four', 'five', 'missing', "'; --"], never)).toEqual([
        { processId: 1, processName: 'one', isAlarmed: true, isAcknowledged: false },
        { processId: 2, processName: 'two', isAlarmed: true, isAcknowledged: true },
      ]);
      expect(await source.rowsNamed(['öne'], never)).toEqual([
        { processId: 5, processName: 'öne', isAlarmed: false, isAcknowledged: false },
      ]);
      expect(await source.rowsNamed([], never)).toEqual([]);
    });

    it('counts each process once, in alarm or not', async () => {
      await fill({ 1: 'one', 2: 'two' }, [{ id: 1 }, { id: 1 }, { id: 2, alarma: 1 }]);
      expect(await open().source.countProcesses(never)).toBe(2);
    });
  });
}
