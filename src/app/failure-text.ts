/** Failures that a command must expect, and the words for them. */
import { StoreError } from '../ports/store-error.js';

/** A command's own act was refused, or its end could not be recorded. */
export class AuditError extends Error {}

/** What is to be told of an expected failure; null: it is none, but a bug. */
export function failureText(cause: unknown): string | null {
  return cause instanceof StoreError || cause instanceof AuditError ? cause.message : null;
}
