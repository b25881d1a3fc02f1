/** What a step of an attempt is carried out with, and how it may end. */
import type { HandlingRef } from '../domain/event.js';
import type { Interruption } from '../domain/outcome.js';
import type { HandlingStep } from '../domain/process-memory.js';
import type { ProcessPolicy } from '../domain/process-policy.js';
import type { ProcessIdentity } from '../domain/unit-state.js';

export type StepResult =
  | { readonly kind: 'done' }
  /** It says that it failed; the state of the process decides whether that matters. */
  | { readonly kind: 'doubtful'; readonly detail: string }
  /** It failed so that nothing can have been restarted. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** `isPassing`: it could not even be asked for, and may be in a moment. */
  | { readonly kind: 'refused'; readonly detail: string; readonly isPassing?: boolean }
  | { readonly kind: 'operator_at_work' }
  /** Not begun: what stands against it has come up since it was decided. */
  | { readonly kind: 'kept_back'; readonly why: Interruption }
  | { readonly kind: 'aborted' };

export interface StepContext {
  readonly ref: HandlingRef;
  readonly policy: ProcessPolicy;
  readonly signal: AbortSignal;
  /** Programs that ran when it was planned: the one meant, and those that only look alike. */
  readonly known: readonly ProcessIdentity[];
  /** Puts on record that this step is about to be done. */
  readonly beforeStep: (step: HandlingStep) => Promise<void>;
  /** Asked without waiting, after that: what stands against it at this moment; null: nothing. */
  readonly obstacle: () => Interruption | null;
  /** Puts on record that it has come to a good end, where nothing else could tell that later. */
  readonly afterStep: (step: HandlingStep) => Promise<void>;
}
