/** What the system said of a failed call. */

/** For example `EACCES`; undefined: no error of the system. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
