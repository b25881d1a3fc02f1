/** The changes behind the whole state: what a save of them writes, and what becomes of them among crashes and other programs. */
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { FileStateStore } from '../../../src/adapters/state/file-state-store.js';
import { withChanges, type StateChanges, type StoredState } from '../../../src/domain/stored-state.js';
import type { SaveResult } from '../../../src/ports/state-store.js';
import { sampleState } from '../../contract/state-sample.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { viewOf } from '../../support/state-view.js';

let directory = '';
beforeEach(async () => {
  directory = await temporaryDirectory();
});

const path = (name: string): string => join(directory, name);
const WHOLE = 'state.json';
const CHANGES = 'state.changes';
const open = (access: 'owner' | 'reader' = 'owner'): FileStateStore =>
  new FileStateStore({ directory, clock: new FakeClock({ nowMs: 1000 }), access });

/** One process with so many failures. */
function change(failures: number): StateChanges {
  const { savedAtMs, processes } = sampleState(failures);
  return { savedAtMs, processes: { '42': processes['42'] ?? null }, hostRestartsAtMs: [] };
}

/** A store that has saved the whole, and then each of these numbers as a change. */
async function saved(...numbers: readonly number[]): Promise<FileStateStore> {
  const store = open();
  await store.save(viewOf(sampleState()));
  for (const number of numbers) expect(await saveChange(store, number)).toEqual({ kind: 'saved' });
  return store;
}

const saveChange = (store: FileStateStore, number: number): Promise<SaveResult> =>
  store.save(viewOf(sampleState(number), change(number)));
const inode = async (name: string): Promise<number> => (await stat(path(name))).ino;
const loaded = (state: StoredState) => ({ kind: 'loaded', state });

describe('a save of changes', () => {
  it('adds a line to a file that others cannot read, and leaves the whole as it is', async () => {
    const store = await saved();
    const before = await inode(WHOLE);
    for (const number of [1, 2, 3]) await saveChange(store, number);
    expect(await inode(WHOLE)).toBe(before);
    expect((await readdir(directory)).sort()).toEqual([CHANGES, WHOLE]);
    expect((await stat(path(CHANGES))).mode & 0o777).toBe(0o640);
    expect((await readFile(path(CHANGES), 'utf8')).split('\n')).toHaveLength(1 + 3 + 1);
    expect(await open().load()).toEqual(loaded(sampleState(3)));
  });

  it('writes nothing where nothing has changed', async () => {
    const store = await saved(1);
    const { size } = await stat(path(CHANGES));
    const none = { savedAtMs: 5, processes: {}, hostRestartsAtMs: [] };
    expect(await store.save(viewOf(sampleState(1), none))).toEqual({ kind: 'saved' });
    expect((await stat(path(CHANGES))).size).toBe(size);
  });

  it('is of the whole again at the start, at the end, and once there are many of them', async () => {
    const store = await saved(1);
    await store.save(viewOf(sampleState(2)));
    expect(await readdir(directory)).toEqual([WHOLE]);
    const wholes = new Set<number>();
    for (let number = 0; number < 1000; number += 1) {
      await saveChange(store, number);
      wholes.add(await inode(WHOLE));
    }
    expect(wholes.size).toBeGreaterThan(1);
    expect((await stat(path(CHANGES))).size).toBeLessThan(300_000);
    await saveChange(open(), 1001);
    expect(await readdir(directory)).toEqual([WHOLE]);
    expect(await open().load()).toEqual(loaded(sampleState(1001)));
  });

  it.each([WHOLE, CHANGES])('is of the whole where %s was removed or replaced meanwhile', async (name) => {
    const store = await saved(1);
    await rm(path(name));
    expect(await saveChange(store, 2)).toEqual({ kind: 'saved' });
    expect(await open().load()).toEqual(loaded(sampleState(2)));
    await saveChange(store, 3);
    await rename(path(name), path('elsewhere'));
    await writeFile(path(name), 'somebody else');
    expect(await saveChange(store, 4)).toEqual({ kind: 'saved' });
    expect(await open().load()).toEqual(loaded(sampleState(4)));
  });

  it('that fails keeps the older state, and the next one has what it left out', async () => {
    const store = await saved();
    await mkdir(path(CHANGES));
    expect(await saveChange(store, 1)).toMatchObject({ kind: 'failed' });
    await rmdir(path(CHANGES));
    expect(await open('reader').load()).toEqual(loaded(sampleState()));
    const other = { ...change(2), processes: { '44': null } };
    const now = withChanges(sampleState(1), [other]);
    expect(await store.save(viewOf(now, other))).toEqual({ kind: 'saved' });
    expect(await open().load()).toEqual(loaded(now));
  });

  it('is seen by a reader beside its owner', async () => {
    await saved(1, 2);
    expect(await open('reader').load()).toEqual(loaded(sampleState(2)));
  });
});

describe('changes on the disk', () => {
  it('that follow an older whole count no more: a newer one was in place when the monitor died', async () => {
    const store = await saved(1, 2);
    const older = await readFile(path(CHANGES));
    await store.save(viewOf(sampleState(3)));
    await writeFile(path(CHANGES), older);
    expect(await open().load()).toEqual(loaded(sampleState(3)));
    await saved(4);
    expect(await open().load()).toEqual(loaded(sampleState(4)));
  });

  it('cut off in the last of them count without it', async () => {
    await saved(1, 2);
    const all = await readFile(path(CHANGES));
    await writeFile(path(CHANGES), all.subarray(0, all.length - 5));
    expect(await open().load()).toEqual(loaded(sampleState(1)));
  });

  it('that are damaged are set aside together with their whole, and nothing of either is read', async () => {
    await saved(1, 2);
    const bytes = (await readFile(path(CHANGES), 'utf8')).replace('sshd', 'sshx');
    await writeFile(path(CHANGES), bytes);
    expect(await open().load()).toEqual({
      kind: 'damaged',
      detail: 'change 1 does not match its checksum',
      movedTo: path('state.json.damaged-1000'),
    });
    expect((await readdir(directory)).sort()).toEqual(['state.changes.damaged-1000', 'state.json.damaged-1000']);
    expect(await readFile(path('state.changes.damaged-1000'), 'utf8')).toBe(bytes);
    expect(await open().load()).toEqual({ kind: 'none' });
  });

  it('without a whole are nothing', async () => {
    await saved(1);
    await rm(path(WHOLE));
    expect(await open().load()).toEqual({ kind: 'none' });
    await saved();
    expect(await readdir(directory)).toEqual([WHOLE]);
  });
});
