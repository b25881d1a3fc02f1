/** Whose the memory file is when root writes it in the place of the monitor's own user. */
import { chown, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileStateStore } from '../../../src/adapters/state/file-state-store.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { viewOf } from '../../support/state-view.js';

const isRoot = process.geteuid?.() === 0;
const SOMEBODY = 12_345;

describe.skipIf(!isRoot)('the memory file written by root', () => {
  it('belongs to whom its directory belongs, so that the monitor can still read it', async () => {
    const directory = await temporaryDirectory();
    await chown(directory, SOMEBODY, SOMEBODY);
    const store = new FileStateStore({ directory, clock: new FakeClock(), access: 'owner', owners: [SOMEBODY] });

    await store.save(viewOf({ version: 1, savedAtMs: 0, processes: {}, hostRestartsAtMs: [] }));

    expect(await stat(join(directory, 'state.json'))).toMatchObject({ uid: SOMEBODY, gid: SOMEBODY });
  });
});
