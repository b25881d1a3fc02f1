/** The one error of a store of alarms that does not answer as it should. */

/**
 * `unreachable`: nobody there, the network, a hung or stopping server, a deadline. `refused`: login or connection limit.
 * `rights`: a right is missing. `schema`: database, table or column is missing. `read_only`: this server takes no writes.
 * `busy`: locked, deadlock: worth another try at once. `not_owner`: another monitor owns the rows, so nothing was written. `bad_value`: the server refuses a value. `configuration`: TLS,
 * login method or option that can never work. `other`: anything else the server said.
 */
export type StoreErrorCode =
  | 'unreachable'
  | 'refused'
  | 'rights'
  | 'schema'
  | 'read_only'
  | 'busy'
  | 'not_owner'
  | 'bad_value'
  | 'configuration'
  | 'other';

/** Message: what was tried, on what, what came back, and what to do about it; never a password. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** Stable: it reaches logs and metrics. */
  readonly code: StoreErrorCode;
  /** Worth trying again without a change by a person. */
  readonly retryable: boolean;

  constructor(message: string, code: StoreErrorCode, retryable: boolean, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
    this.retryable = retryable;
  }
}
