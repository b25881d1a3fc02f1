/** Whether this monitor is the one that may act on the rows of its host. */

/**
 * `owner`: we are; `term` is the same as long as nobody else can have been it in between, and another one after each loss, also
 * where this state has never shown it. `standby`: another one is; `holder` names it. `unsure`: we were the owner, and our sign of life does not
 * get through: in time before another takes over, so nothing may be done any more. `unknown`: not asked yet, or no answer.
 */
export type OwnerState =
  | { readonly kind: 'owner'; readonly term: number }
  | { readonly kind: 'standby'; readonly holder: string }
  | { readonly kind: 'unsure'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string };

export interface Ownership {
  /** As of this very moment, from memory and the clock alone: asked right before each act and each write. */
  state(): OwnerState;
  /** Resolves when the state has changed since the call, or with the signal. */
  changed(signal: AbortSignal): Promise<void>;
  /** Gives it back, so that another takes over at once; after it the state is never `owner` again. Never throws. */
  release(): Promise<void>;
}

/** null: not ours at this moment. */
export function termOf(state: OwnerState): number | null {
  return state.kind === 'owner' ? state.term : null;
}

/** For a source that only one monitor can reach. */
export const SOLE_OWNER: Ownership = {
  state: () => ({ kind: 'owner', term: 0 }),
  changed: (signal) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    }),
  release: () => Promise.resolve(),
};
