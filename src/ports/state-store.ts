/** Where the monitor's memory outlives it. */
import type { StoredState } from '../domain/stored-state.js';

export type LoadedState =
  | { readonly kind: 'loaded'; readonly state: StoredState }
  /** There is none yet. */
  | { readonly kind: 'none' }
  /** It was unreadable and has been set aside as `movedTo` (null: it could not even be moved). */
  | { readonly kind: 'damaged'; readonly detail: string; readonly movedTo: string | null };

export type SaveResult = { readonly kind: 'saved' } | { readonly kind: 'failed'; readonly detail: string };

export interface StateStore {
  load(): Promise<LoadedState>;
  /** All or nothing, durable when it resolves. Calls are carried out in order; a failure keeps the older state. */
  save(state: StoredState): Promise<SaveResult>;
}
