/** The state file among crashes, full disks and other programs. */
import { mkdir, readdir, readFile, rename, rmdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { HeartbeatFile } from '../../../src/adapters/heartbeat/heartbeat-file.js';
import { FileStateStore } from '../../../src/adapters/state/file-state-store.js';
import { sampleState } from '../../contract/state-sample.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { viewOf } from '../../support/state-view.js';

let directory = '';
beforeEach(async () => {
  directory = join(await temporaryDirectory(), 'state');
  await mkdir(directory);
});

const path = (name: string): string => join(directory, name);
const temporary = (): string => path(`state.json.${process.pid}.tmp`);
function open(access: 'owner' | 'reader' = 'owner', nowMs = 1000): FileStateStore {
  return new FileStateStore({ directory, clock: new FakeClock({ nowMs }), access });
}

describe('FileStateStore', () => {
  it('writes one file that others cannot read, and leaves nothing beside it', async () => {
    await open().save(viewOf(sampleState()));
    expect(await readdir(directory)).toEqual(['state.json']);
    expect((await stat(path('state.json'))).mode & 0o777).toBe(0o640);
  });

  it('makes its directory where it is missing', async () => {
    await rmdir(directory);
    expect(await open().save(viewOf(sampleState()))).toEqual({ kind: 'saved' });
  });

  it('writes only the newest of the saves that wait, and then all of them are saved', async () => {
    const store = open();
    const ends: string[] = [];
    const note = (name: string) => (): number => ends.push(name);
    const first = store.save(viewOf(sampleState(1))).then(note('first'));
    await Promise.resolve();
    const rest = [2, 3, 4].map((number) => store.save(viewOf(sampleState(number))).then(note('rest')));
    await first;
    expect(ends).toEqual(['first']);
    await Promise.all(rest);
    expect(await store.load()).toEqual({ kind: 'loaded', state: sampleState(4) });
  });

  it('keeps the good file when the new one cannot be written', async () => {
    const store = open();
    await store.save(viewOf(sampleState(1)));
    await mkdir(temporary());
    const result = await store.save(viewOf(sampleState(2)));
    expect(result).toMatchObject({ kind: 'failed', detail: expect.stringContaining(temporary()) as string });
    expect(await store.load()).toEqual({ kind: 'loaded', state: sampleState(1) });
  });

  it('does not write through a link that lies in the place of the new file', async () => {
    const victim = join(directory, '..', 'victim');
    await writeFile(victim, 'untouched');
    await symlink(victim, temporary());
    expect(await open().save(viewOf(sampleState()))).toEqual({ kind: 'saved' });
    expect(await readFile(victim, 'utf8')).toBe('untouched');
    expect(await readdir(directory)).toEqual(['state.json']);
  });

  it('removes what a monitor left that died while saving, and does not take it for the state', async () => {
    await open().save(viewOf(sampleState(1)));
    await writeFile(path('state.json.99999.tmp'), '{"half":');
    expect(await open().load()).toEqual({ kind: 'loaded', state: sampleState(1) });
    expect(await readdir(directory)).toEqual(['state.json']);
  });

  it('sets a damaged file aside with a word, starts anew, and keeps the newest three of such files', async () => {
    for (const nowMs of [1000, 2000, 3000, 10_000]) {
      await writeFile(path('state.json'), `damaged at ${nowMs}`);
      expect(await open('owner', nowMs).load()).toEqual({
        kind: 'damaged',
        detail: 'the file is cut off or no state file',
        movedTo: path(`state.json.damaged-${nowMs}`),
      });
      expect(await open().load()).toEqual({ kind: 'none' });
    }
    expect((await readdir(directory)).sort()).toEqual(
      [2000, 3000, 10_000].map((ms) => `state.json.damaged-${ms}`).sort(),
    );
    expect(await readFile(path('state.json.damaged-2000'), 'utf8')).toBe('damaged at 2000');
    expect(await open().save(viewOf(sampleState()))).toEqual({ kind: 'saved' });
  });

  it('calls damaged what cannot be read at all, and does not throw', async () => {
    await mkdir(path('state.json'));
    expect(await open().load()).toMatchObject({ kind: 'damaged', movedTo: path('state.json.damaged-1000') });
  });

  it('changes nothing as a reader beside a running owner', async () => {
    await writeFile(temporary(), 'being written');
    await writeFile(path('state.json'), 'damaged');
    const reader = open('reader');
    expect(await reader.load()).toMatchObject({ kind: 'damaged', movedTo: null });
    expect(await reader.save(viewOf(sampleState()))).toMatchObject({ kind: 'failed' });
    expect((await readdir(directory)).length).toBe(2);
    expect(await readFile(path('state.json'), 'utf8')).toBe('damaged');
  });
});

describe('HeartbeatFile', () => {
  it('holds the epoch seconds of the last beat', async () => {
    const clock = new FakeClock({ nowMs: 1_767_225_600_999 });
    const heartbeat = new HeartbeatFile(path('heartbeat'), clock);
    expect(await heartbeat.beat()).toEqual({ kind: 'written' });
    expect(await readFile(path('heartbeat'), 'utf8')).toBe('1767225600\n');
    expect(await readdir(directory)).toEqual(['heartbeat']);
  });

  it('tells of a failure once, until it works again', async () => {
    const heartbeat = new HeartbeatFile(path('missing/heartbeat'), new FakeClock());
    expect(await heartbeat.beat()).toMatchObject({ kind: 'failed' });
    expect(await heartbeat.beat()).toEqual({ kind: 'still_failing' });
    await mkdir(path('missing'));
    expect(await heartbeat.beat()).toEqual({ kind: 'written' });
    await rename(path('missing'), path('gone'));
    expect(await heartbeat.beat()).toMatchObject({ kind: 'failed' });
  });
});
