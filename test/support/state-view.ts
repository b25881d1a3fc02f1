/** A state that a test hands to a store as if a monitor had it in memory. */
import type { StateChanges, StoredState } from '../../src/domain/stored-state.js';
import type { StateView } from '../../src/ports/state-store.js';

/** Without `changes` only the whole of it is told. */
export function viewOf(whole: StoredState, changes: StateChanges | null = null): StateView {
  return { whole: () => whole, changes: () => changes };
}
