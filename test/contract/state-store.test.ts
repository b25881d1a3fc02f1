/** Both memories keep the state store's promises. */
import { MemoryStateStore } from '../support/memory-state-store.js';
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
