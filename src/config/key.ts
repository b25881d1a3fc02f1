/** What is known about one key of the settings; tables of these drive reading, messages, `config show` and the manual. */
import * as z from 'zod/mini';
import type { Reading, ValueType } from './value-types.js';

export interface KeySpec<T> {
  readonly reading: Reading;
  readonly isCommand: boolean;
  /** Text, or null where nothing is set, to the value. */
  readonly schema: z.ZodMiniType<T>;
  /** What is right, in words. */
  readonly allowed: string;
  /** The default as one would write it in the file; null: none. */
  readonly fallback: string | null;
  /** One or two sentences for the operator. */
  readonly doc: string;
  /** Means something for a single process only, so `[process.default]` may not hold it. */
  readonly isOwnSectionOnly: boolean;
}

export type KeyTable = Readonly<Record<string, KeySpec<unknown>>>;

/** The values of a section by key; `undefined` where the text was wrong (which has been reported). */
export type SectionValues<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends KeySpec<infer Value> ? Value : never;
};

/** A key with a default. */
export function key<T>(type: ValueType<T>, fallback: string, doc: string): KeySpec<T> {
  return { ...type, fallback, doc, isOwnSectionOnly: false };
}

/** A key without a default: null where it is not set, or set to nothing. */
export function optional<T>(type: ValueType<T>, doc: string): KeySpec<T | null> {
  return { ...type, schema: z.nullable(type.schema), fallback: null, doc, isOwnSectionOnly: false };
}

/** The same key, for `[process.NAME]` alone. */
export function ownSectionOnly<T>(spec: KeySpec<T>): KeySpec<T> {
  return { ...spec, isOwnSectionOnly: true };
}
