/** How every database of alarms tells an alarm that is raised again during a handling from the one that is handled. */
import { describe, expect, it } from 'vitest';
import type { ProcessId } from '../../src/domain/alarm.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import type { Claim } from '../../src/ports/alarm-writer.js';
import type { SeedRow, SeedStatus, StoreSettings } from './alarm-store-contract.js';

/** The means of the suite around this part. */
export interface ClaimWorld {
  readonly fill: (processes: Readonly<Record<number, string>>, rows: readonly SeedRow[]) => Promise<void>;
  readonly open: (settings?: Partial<StoreSettings>) => AlarmStore;
  /** As somebody else would, in one statement. */
  readonly change: (position: number, values: Partial<Pick<SeedStatus, 'alarma' | 'sound' | 'notes'>>) => Promise<void>;
  readonly statuses: () => Promise<readonly SeedStatus[]>;
  readonly id: (value: number) => ProcessId;
}

const ALARM = '1a2b3c4d5e6f';
const MARK = '[pm:1a2b3c4d]';
const STAMP = 'Restarted at 2026-11-20 21:40:11';
const never = new AbortController().signal;

/** Part of the suite of all stores. `mark`: in the note; `sequence`: a column that a trigger counts up. */
export function describeClaims(world: ClaimWorld, claims: 'mark' | 'sequence'): void {
  const isMark = claims === 'mark';
  const marked = (note: string): string => (isMark ? (note === '' ? MARK : `${note} ${MARK}`) : note);
  const claimOf = async (store: AlarmStore, processId = 1): Promise<Claim> => {
    const result = await store.writer.claim(world.id(processId), { alarmId: ALARM }, never);
    expect(result).toMatchObject({ kind: 'claimed' });
    return 'claim' in result ? result.claim : '';
  };
  const clear = (store: AlarmStore, claim: Claim | null, processId = 1): Promise<unknown> =>
    store.writer.clear(world.id(processId), { stamp: STAMP, claim }, never);
  const notes = async (): Promise<readonly (string | null)[]> => (await world.statuses()).map((row) => row.notes);
  const alarms = async (): Promise<readonly (number | null)[]> => (await world.statuses()).map((row) => row.alarma);
  const stored = (rows: number): unknown => ({ kind: 'cleared', rows, noteStored: true });

  describe('claim', () => {
    it.each([
      { sentence: 'keeps the operator’s text', before: 'seen by Ana', after: `seen by Ana - ${STAMP}` },
      { sentence: 'leaves nothing but the stamp where there was no note', before: null, after: STAMP },
      { sentence: 'leaves nothing of another claim', before: 'seen [pm:99999999]', after: `seen - ${STAMP}` },
      { sentence: 'replaces our last stamp', before: `seen - ${STAMP}`, after: `seen - ${STAMP}` },
    ])('and clear: $sentence', async ({ before, after }) => {
      const { fill, open } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: before }]);
      const store = open();
      const claim = await claimOf(store);
      if (isMark) expect(await notes()).toEqual([marked((before ?? '').replace(' [pm:99999999]', ''))]);
      else expect(await notes()).toEqual([before]);
      expect(await clear(store, claim)).toEqual(stored(1));
      expect([await alarms(), await notes()]).toEqual([[0], [after]]);
    });

    it('may be made again, and changes nothing then', async () => {
      const { fill, open, statuses } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const first = await claimOf(open());
      const before = await statuses();
      expect(await claimOf(open())).toBe(first);
      expect(await statuses()).toEqual(before);
    });

    it('tells that nothing is in alarm, and takes what is raised after it for another alarm', async () => {
      const { fill, open, change, id } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 0, notes: 'seen' }]);
      const store = open();
      const result = await store.writer.claim(id(1), { alarmId: ALARM }, never);
      expect(result).toMatchObject({ kind: 'not_ours' });
      await change(0, { alarma: 1 });
      expect(await clear(store, 'claim' in result ? result.claim : '')).toEqual({ kind: 'raised_again' });
      expect(await alarms()).toEqual([1]);
    });

    it('leaves acknowledged and foreign rows as they are', async () => {
      const { fill, open, statuses, id } = world;
      const rows = [
        { id: 1, alarma: 1, sound: 1, notes: 'mine', hostId: 1 },
        { id: 2, alarma: 1, sound: 0, notes: 'mine', hostId: 2 },
      ];
      await fill({}, rows);
      const { writer } = open({ hostId: 1 });
      for (const each of [1, 2])
        expect(await writer.claim(id(each), { alarmId: ALARM }, never)).toMatchObject({ kind: 'not_ours' });
      expect(await statuses()).toEqual(rows);
    });

    it('is made only of rows that belong to the name it is for', async () => {
      const { fill, open, id } = world;
      await fill({ 1: 'one', 2: 'Two' }, [
        { id: 1, alarma: 1, notes: 'seen' },
        { id: 2, alarma: 1, notes: 'seen' },
        { id: 9, alarma: 1, notes: 'seen' },
      ]);
      const { writer } = open();
      const claimAs = (processId: number, processName: string): Promise<unknown> =>
        writer.claim(id(processId), { alarmId: ALARM, processName }, never);
      expect(await claimAs(1, 'one')).toMatchObject({ kind: 'claimed' });
      expect(await claimAs(2, 'two')).toMatchObject({ kind: 'not_ours' });
      expect(await claimAs(9, 'nine')).toMatchObject({ kind: 'not_ours' });
      expect(await notes()).toEqual([marked('seen'), 'seen', 'seen']);
    });

    it('is none where write-back is off, or the settings want none', async () => {
      const { fill, open, id } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      expect(await open({ writeBack: 'never' }).writer.claim(id(1), { alarmId: ALARM }, never)).toEqual({
        kind: 'off',
      });
      expect(await open({ claims: 'off' }).writer.claim(id(1), { alarmId: ALARM }, never)).toEqual({
        kind: 'unclaimed',
      });
      expect(await notes()).toEqual(['seen']);
    });
  });

  describe('an alarm that is raised again after its claim', () => {
    it.each([
      { how: 'with a note of its own', values: { alarma: 1, sound: 0, notes: 'again' } },
      { how: 'without a note', values: { alarma: 1, notes: null } },
      { how: 'with the same note as the first', values: { alarma: 1, sound: 0, notes: 'seen' } },
    ])('stays: $how', async ({ values }) => {
      const { fill, open, change } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      const claim = await claimOf(store);
      await change(0, values);
      expect(await clear(store, claim)).toEqual({ kind: 'raised_again' });
      expect([await alarms(), await notes()]).toEqual([[1], [values.notes]]);
    });

    it('is taken up by the next claim', async () => {
      const { fill, open, change } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      await claimOf(store);
      await change(0, { alarma: 1, notes: 'again' });
      expect(await clear(store, await claimOf(store))).toEqual(stored(1));
      expect(await notes()).toEqual([`again - ${STAMP}`]);
    });

    it(`${isMark ? 'is not seen' : 'stays'} where only alarma is written`, async () => {
      const { fill, open, change } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      const claim = await claimOf(store);
      await change(0, { alarma: 1 });
      expect(await clear(store, claim)).toEqual(isMark ? stored(1) : { kind: 'raised_again' });
    });

    it('stays when a person raises it by hand', async () => {
      const { fill, open, id } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      const claim = await claimOf(store);
      expect(await store.desk.apply('raise', id(1), null, never)).toBe(1);
      expect(await clear(store, claim)).toEqual({ kind: 'raised_again' });
      expect([await alarms(), await notes()]).toEqual([[1], ['seen']]);
    });

    it('stays when it was cleared in between, by us with a lost answer or by a person', async () => {
      const { fill, open, change } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      const claim = await claimOf(store);
      await clear(store, claim);
      await change(0, { alarma: 1 });
      expect(await clear(store, claim)).toEqual({ kind: 'raised_again' });
      expect(await alarms()).toEqual([1]);
    });

    it('stays on its own row, while the others are cleared and a muted twin is left', async () => {
      const { fill, open, change } = world;
      await fill({ 1: 'one' }, [
        { id: 1, alarma: 1, notes: 'first' },
        { id: 1, alarma: 1, notes: 'second' },
        { id: 1, alarma: 1, notes: null },
        { id: 1, alarma: 1, sound: 1, notes: 'muted' },
      ]);
      const store = open();
      const claim = await claimOf(store);
      // A third time, so that no twin has its sequence number.
      for (const text of ['again', 'and again']) await change(1, { alarma: 1, notes: text });
      if (!isMark) for (const position of [0, 2]) await change(position, { sound: 0 });
      const again = isMark ? claim : await claimOf(store);
      await change(1, { alarma: 1, notes: 'and once more' });
      expect(await clear(store, again)).toEqual({ kind: 'raised_again' });
      expect(await alarms()).toEqual([0, 1, 0, 1]);
      expect(await notes()).toEqual([`first - ${STAMP}`, 'and once more', STAMP, 'muted']);
    });
  });

  describe('a claimed alarm', () => {
    it('is nobody’s business of ours once a person has acknowledged it', async () => {
      const { fill, open, change } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      const claim = await claimOf(store);
      await change(0, { sound: 1 });
      expect(await clear(store, claim)).toEqual({ kind: 'not_ours' });
      expect(await alarms()).toEqual([1]);
    });

    it('is cleared on every row of the process', async () => {
      const { fill, open } = world;
      await fill({ 1: 'one' }, [
        { id: 1, alarma: 1, notes: 'Alarm' },
        { id: 1, alarma: 1, notes: 'alárm' },
        { id: 1, alarma: 1, sound: null, notes: null },
        { id: 1, alarma: 1, sound: 1, notes: 'muted' },
      ]);
      const store = open();
      expect(await clear(store, await claimOf(store))).toEqual(stored(3));
      expect(await notes()).toEqual([`Alarm - ${STAMP}`, `alárm - ${STAMP}`, STAMP, 'muted']);
    });

    it('is told as cleared when the answer was lost', async () => {
      const { fill, open } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      const claim = await claimOf(store);
      await clear(store, claim);
      expect(await clear(store, claim)).toEqual(stored(1));
      expect(await notes()).toEqual([`seen - ${STAMP}`]);
    });

    if (isMark)
      it('keeps what a person writes around our mark', async () => {
        const { fill, open, change } = world;
        await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
        const store = open();
        const claim = await claimOf(store);
        await change(0, { notes: `just seen ${MARK} ask Ana` });
        expect(await clear(store, claim)).toEqual(stored(1));
        expect(await notes()).toEqual([`just seen ask Ana - ${STAMP}`]);
      });

    it.each(['clear', 'acknowledge'] as const)('loses our mark when a person does it by hand: %s', async (action) => {
      const { fill, open, id } = world;
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
      const store = open();
      const claim = await claimOf(store);
      expect(await store.desk.apply(action, id(1), null, never)).toBe(1);
      expect(await notes()).toEqual(['seen']);
      expect(await clear(store, claim)).toEqual({ kind: 'not_ours' });
    });
  });
}
