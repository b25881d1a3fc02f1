/** What every database of alarms must do, whatever it is made of. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toProcessId, type ProcessId } from '../../src/domain/alarm.js';
import type { AlarmStore } from '../../src/ports/alarm-store.js';
import { StoreError } from '../../src/ports/store-error.js';
import { describeClaims, type ClaimWorld } from './alarm-claim-contract.js';
import { describeManyAlarms } from './alarm-many-contract.js';
import { describeAlarmSource } from './alarm-source-contract.js';

export interface SeedStatus {
  readonly id: number | null;
  readonly alarma: number | null;
  readonly sound: number | null;
  readonly notes: string | null;
  readonly hostId: number;
}

/** Only what differs from a quiet row of host 1. */
export type SeedRow = Partial<SeedStatus> & { readonly id: number | null };

export interface StoreSettings {
  readonly hostId: number | null;
  readonly writeBack: 'auto' | 'never';
  readonly claims: 'auto' | 'off';
}

/** A database without keys, so that rows may be duplicates, orphans and without an id. */
export interface StoreFixture {
  /** In place of all that was there; the statuses in this order. */
  fill(processes: Readonly<Record<number, string>>, statuses: readonly SeedStatus[]): Promise<void>;
  /** In the order in which they were filled in. */
  statuses(): Promise<readonly SeedStatus[]>;
  /** What somebody else does to the row at this position, in one statement. */
  change(position: number, values: Partial<Pick<SeedStatus, 'alarma' | 'sound' | 'notes'>>): Promise<void>;
  /** Opened anew for each test; closed by the suite. */
  open(settings: StoreSettings): AlarmStore;
  dispose(): Promise<void>;
}

export const STAMP = 'Restarted at 2026-11-20 21:40:11';
const OLD_STAMP = 'Restarted at 2026-11-19 08:00:00';
const never = new AbortController().signal;

/** Says so in the test itself: the id is one. */
export function id(value: number): ProcessId {
  const processId = toProcessId(value);
  if (processId === null) throw new Error(`${value} is no process id`);
  return processId;
}

/** Runs the suite against what `make` brings; `claims`: how it tells an alarm that is raised again. */
export function describeAlarmStore(
  name: string,
  make: () => Promise<StoreFixture>,
  claims: 'mark' | 'sequence' = 'mark',
): void {
  describe(`${name} as an alarm store`, () => {
    let fixture: StoreFixture;
    let stores: AlarmStore[] = [];
    const open = (settings: Partial<StoreSettings> = {}): AlarmStore => {
      const store = fixture.open({ hostId: null, writeBack: 'auto', claims: 'auto', ...settings });
      stores.push(store);
      return store;
    };
    const fill = (processes: Readonly<Record<number, string>>, rows: readonly SeedRow[]): Promise<void> =>
      fixture.fill(
        processes,
        rows.map((row) => ({ alarma: 0, sound: 0, notes: null, hostId: 1, ...row })),
      );
    const notes = async (): Promise<readonly (string | null)[]> => (await fixture.statuses()).map((row) => row.notes);
    const alarms = async (): Promise<readonly (number | null)[]> => (await fixture.statuses()).map((row) => row.alarma);

    beforeEach(async () => {
      fixture = await make();
      stores = [];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
      await fixture.dispose();
    });

    describeAlarmSource({ fill, open });
    const change: StoreFixture['change'] = (position, values) => fixture.change(position, values);
    const world: ClaimWorld = { fill, open, change, statuses: () => fixture.statuses(), id };
    describeClaims(world, claims);
    describeManyAlarms(world, claims);

    describe('clear', () => {
      const clear = (processId = 1): Promise<unknown> =>
        open().writer.clear(id(processId), { stamp: STAMP, claim: null }, never);
      const stored = (rows: number): unknown => ({ kind: 'cleared', rows, noteStored: true });

      it.each([
        { sentence: 'writes the stamp alone where there was no note', before: null, after: STAMP },
        { sentence: 'writes the stamp alone where the note was empty', before: '', after: STAMP },
        { sentence: 'keeps the operator’s text', before: 'o\'brien \\ "x" 🙂', after: `o'brien \\ "x" 🙂 - ${STAMP}` },
        { sentence: 'replaces our last stamp', before: `seen - ${OLD_STAMP}`, after: `seen - ${STAMP}` },
        { sentence: 'replaces a stamp that stands alone', before: OLD_STAMP, after: STAMP },
      ])('$sentence', async ({ before, after }) => {
        await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: before }]);
        expect(await clear()).toEqual(stored(1));
        expect(await fixture.statuses()).toEqual([{ id: 1, alarma: 0, sound: 0, notes: after, hostId: 1 }]);
      });

      it('clears a row whose sound is NULL', async () => {
        await fill({ 1: 'one' }, [{ id: 1, alarma: 1, sound: null }]);
        expect(await clear()).toEqual(stored(1));
      });

      it('leaves an acknowledged, a clear and a foreign row as they are', async () => {
        const rows = [
          { id: 1, alarma: 1, sound: 1, notes: 'mine', hostId: 1 },
          { id: 2, alarma: 0, sound: 0, notes: 'mine', hostId: 1 },
          { id: 3, alarma: 1, sound: 0, notes: 'mine', hostId: 2 },
        ];
        await fill({}, rows);
        const { writer } = open({ hostId: 1 });
        for (const row of rows)
          expect(await writer.clear(id(row.id), { stamp: STAMP, claim: null }, never)).toEqual({ kind: 'not_ours' });
        expect(await fixture.statuses()).toEqual(rows);
      });

      it('clears every row of the process, each with its own text, but not a muted twin', async () => {
        await fill({ 1: 'one' }, [
          { id: 1, alarma: 1, notes: 'Alarm' },
          { id: 1, alarma: 1, notes: 'alárm' },
          { id: 1, alarma: 1, notes: null },
          { id: 1, alarma: 1, sound: 1, notes: 'muted' },
        ]);
        expect(await clear()).toEqual(stored(3));
        expect(await notes()).toEqual([`Alarm - ${STAMP}`, `alárm - ${STAMP}`, STAMP, 'muted']);
        expect(await alarms()).toEqual([0, 0, 0, 1]);
      });

      it('tells a repetition after a lost answer that the alarm was cleared', async () => {
        await fill({ 1: 'one' }, [{ id: 1, alarma: 1, notes: 'seen' }]);
        await clear();
        expect(await clear()).toEqual(stored(1));
        expect(await notes()).toEqual([`seen - ${STAMP}`]);
        expect(await open().writer.clear(id(1), { stamp: OLD_STAMP, claim: null }, never)).toEqual({
          kind: 'not_ours',
        });
      });
    });

    describe('raise', () => {
      it('raises a clear row and leaves its note', async () => {
        await fill({ 1: 'one' }, [{ id: 1, notes: 'seen' }]);
        expect(await open().writer.raise(id(1), never)).toEqual({ kind: 'raised', rows: 1 });
        expect(await fixture.statuses()).toEqual([{ id: 1, alarma: 1, sound: 0, notes: 'seen', hostId: 1 }]);
      });

      it('leaves alarmed, acknowledged and foreign rows', async () => {
        await fill({}, [
          { id: 1, alarma: 1 },
          { id: 2, sound: 1 },
          { id: 3, hostId: 2 },
        ]);
        const { writer } = open({ hostId: 1 });
        for (const each of [1, 2, 3]) expect(await writer.raise(id(each), never)).toEqual({ kind: 'not_ours' });
        expect(await alarms()).toEqual([1, 0, 0]);
      });
    });

    it('writes nothing where write-back is off', async () => {
      await fill({ 1: 'one' }, [{ id: 1, alarma: 1 }, { id: 2 }]);
      const { writer } = open({ writeBack: 'never' });
      expect(await writer.clear(id(1), { stamp: STAMP, claim: null }, never)).toEqual({ kind: 'off' });
      expect(await writer.raise(id(2), never)).toEqual({ kind: 'off' });
      expect(await alarms()).toEqual([1, 0]);
    });

    describe('desk', () => {
      it('lists this host’s rows and processes that have no row yet, by id', async () => {
        await fill({ 1: 'one', 2: 'two', 4: 'four' }, [
          { id: 2, alarma: 1, sound: 1, notes: 'seen' },
          { id: 1 },
          { id: 4, hostId: 2 },
          { id: 9, alarma: null, sound: null },
        ]);
        await fixture.fill({ 1: 'one', 2: 'two', 4: 'four', 7: 'seven' }, await fixture.statuses());
        expect(await open({ hostId: 1 }).desk.list(never)).toEqual([
          { processId: 1, processName: 'one', alarma: 0, sound: 0, notes: null },
          { processId: 2, processName: 'two', alarma: 1, sound: 1, notes: 'seen' },
          { processId: 7, processName: 'seven', alarma: null, sound: null, notes: null },
          { processId: 9, processName: null, alarma: null, sound: null, notes: null },
        ]);
      });

      it('raises, acknowledges and clears by hand, with a note in place of the old one or none', async () => {
        await fill({ 1: 'one' }, [{ id: 1, sound: 1, notes: 'old' }]);
        const { desk } = open();
        const row = async (): Promise<unknown> => (await fixture.statuses())[0];
        expect(await desk.apply('raise', id(1), "o'brien", never)).toBe(1);
        expect(await row()).toMatchObject({ alarma: 1, sound: 0, notes: "o'brien" });
        expect(await desk.apply('acknowledge', id(1), null, never)).toBe(1);
        expect(await row()).toMatchObject({ alarma: 1, sound: 1, notes: "o'brien" });
        expect(await desk.apply('clear', id(1), 'gone', never)).toBe(1);
        expect(await row()).toMatchObject({ alarma: 0, sound: 0, notes: 'gone' });
      });

      it('gives a process without a row one in alarm, on this host', async () => {
        await fill({ 1: 'one' }, []);
        const { desk } = open({ hostId: 5 });
        expect(await desk.apply('acknowledge', id(1), null, never)).toBe(0);
        expect(await desk.apply('raise', id(1), 'test', never)).toBe(1);
        expect(await fixture.statuses()).toEqual([{ id: 1, alarma: 1, sound: 0, notes: 'test', hostId: 5 }]);
        expect(await desk.apply('raise', id(2), 'test', never)).toBe(0);
      });

      it('keeps its hands off other hosts', async () => {
        await fill({ 1: 'one' }, [{ id: 1, hostId: 2 }]);
        expect(await open({ hostId: 1 }).desk.apply('raise', id(1), null, never)).toBe(0);
        expect(await alarms()).toEqual([0]);
      });
    });

    it('reports what it found', async () => {
      await fill({}, []);
      expect(await open().probe(never)).toMatchObject({ writes: 'full' });
      expect(await open({ writeBack: 'never' }).probe(never)).toMatchObject({ writes: 'none' });
    });

    it('ends a call that is no longer wanted with a StoreError', async () => {
      await fill({}, []);
      const failed = open().source.alarmed(AbortSignal.abort());
      await expect(failed).rejects.toBeInstanceOf(StoreError);
    });

    it('ends calls after its own end with a StoreError, and may be closed twice', async () => {
      await fill({}, []);
      const store = open();
      await store.source.alarmed(never);
      await store.close();
      await store.close();
      await expect(store.source.alarmed(never)).rejects.toBeInstanceOf(StoreError);
    });
  });
}
