/** A memory that lives only as long as the test. */
import { withChanges, type StoredState } from '../../src/domain/stored-state.js';
import type { LoadedState, SaveResult, StateStore, StateView } from '../../src/ports/state-store.js';

/** Keeps JSON text, as the real one does, so that nobody can change what was saved. */
export class MemoryStateStore implements StateStore {
  /** Set: every save fails with this detail until it is null again. */
  failure: string | null = null;
  /** How many saves succeeded. */
  saves = 0;
  #text: string | null;

  constructor(initial: StoredState | null = null) {
    this.#text = initial === null ? null : JSON.stringify(initial);
  }

  /** What is stored now; null: nothing yet. */
  get state(): StoredState | null {
    return this.#text === null ? null : (JSON.parse(this.#text) as StoredState);
  }

  load(): Promise<LoadedState> {
    const { state } = this;
    return Promise.resolve(state === null ? { kind: 'none' } : { kind: 'loaded', state });
  }

  /** By what has changed, wherever that is told: so that whatever runs on it shows when something is left out. */
  save(view: StateView): Promise<SaveResult> {
    if (this.failure !== null) return Promise.resolve({ kind: 'failed', detail: this.failure });
    const { state } = this;
    const changes = state === null ? null : view.changes();
    this.#text = JSON.stringify(state === null || changes === null ? view.whole() : withChanges(state, [changes]));
    this.saves += 1;
    return Promise.resolve({ kind: 'saved' });
  }
}
