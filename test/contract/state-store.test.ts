/** Both memories keep the state store's promises. */
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileStateStore } from '../../src/adapters/state/file-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { MemoryStateStore } from '../support/memory-state-store.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { stateStoreContract } from './state-store-contract.js';

stateStoreContract('MemoryStateStore', () => {
  const store = new MemoryStateStore();
  return {
    store,
    reopen: () => store,
    breakSaving: (isBroken) => {
      store.failure = isBroken ? 'disk is full' : null;
    },
  };
});

stateStoreContract('FileStateStore', async () => {
  const directory = await temporaryDirectory();
  const open = (): FileStateStore => new FileStateStore({ directory, clock: new FakeClock(), access: 'owner' });
  const inTheWay = join(directory, `state.json.${process.pid}.tmp`);
  return {
    store: open(),
    reopen: open,
    breakSaving: async (isBroken) => {
      if (isBroken) await mkdir(inTheWay);
      else await rmdir(inTheWay);
    },
  };
});
