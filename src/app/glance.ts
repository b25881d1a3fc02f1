/** What the database and the memory file say, opened for a moment; nothing is written, and no program or unit is asked. */
import { existsSync } from 'node:fs';
import { CryptoRandom } from '../adapters/random/crypto-random.js';
import { FileStateStore } from '../adapters/state/file-state-store.js';
import { SystemClock } from '../adapters/time/system-clock.js';
import type { Settings } from '../config/settings.js';
import { Ledger } from '../engine/ledger.js';
import type { AlarmStore } from '../ports/alarm-store.js';
import type { Clock } from '../ports/clock.js';
import { StoreError } from '../ports/store-error.js';
import type { LoadedState } from '../ports/state-store.js';
import { monitorOptions } from './monitor-options.js';
import { openStore } from './open-store.js';
import { trustedOwners } from './service-account.js';

export interface Glance {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: AlarmStore;
  readonly loaded: LoadedState;
  /** What the memory file holds; it is never written from here. */
  readonly ledger: Ledger;
}

/** Opens what is to be looked at for the time of `work`. */
export async function glance<T>(settings: Settings, work: (glance: Glance) => Promise<T>): Promise<T> {
  const clock = new SystemClock();
  const store = await openStore(settings, { clock, random: new CryptoRandom() });
  try {
    const directory = settings.monitor.stateDirectory;
    const loaded = await new FileStateStore({ directory, clock, access: 'reader', owners: trustedOwners() }).load();
    const ledger = new Ledger({
      clock,
      events: { emit: () => undefined },
      hostBudget: monitorOptions(settings, true).hostBudget,
      hostId: settings.host.hostId,
      save: () => Promise.resolve({ kind: 'saved' }),
    });
    if (loaded.kind === 'loaded') ledger.restore(loaded.state);
    return await work({ settings, clock, store, loaded, ledger });
  } finally {
    await store.close();
  }
}

/** Throws `StoreError` where the database is a file that is not there yet: looking must not create it. */
export function refuseMissingFile({ database }: Settings): void {
  if (database.engine !== 'sqlite' || existsSync(database.path)) return;
  const detail = `${database.path} does not exist; the monitor makes it when it starts`;
  throw new StoreError(detail, 'unreachable', true);
}
