/** Where the monitor's memory outlives it. */
import type { StateChanges, StoredState } from '../domain/stored-state.js';

export type LoadedState =
  | { readonly kind: 'loaded'; readonly state: StoredState }
  /** There is none yet. */
  | { readonly kind: 'none' }
  /** It was unreadable and has been set aside as `movedTo` (null: it could not even be moved). */
  | { readonly kind: 'damaged'; readonly detail: string; readonly movedTo: string | null };

export type SaveResult = { readonly kind: 'saved' } | { readonly kind: 'failed'; readonly detail: string };

/** The memory as it is at the moment of the call. Whoever has taken from it and could not store that asks for all of it next. */
export interface StateView {
  whole(): StoredState;
  /** What differs from what the last call of either gave; null: that is not told, only `whole` is. */
  changes(): StateChanges | null;
}

export interface StateStore {
  load(): Promise<LoadedState>;
  /**
   * All or nothing, durable when it resolves: the state as it was at the call, or as it has become since. Calls are carried
   * out in order; a failure keeps the older state. Always with the view of the same memory.
   */
  save(state: StateView): Promise<SaveResult>;
}
