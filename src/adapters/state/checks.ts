/** Small checks that turn parsed JSON into typed values, each saying where it failed. */

/** Returns the value with its type, or throws `Mismatch`; `path` says where in the file it stands. */
export type Check<T> = (value: unknown, path: string) => T;

/** A value is not what it should be. Never leaves this folder. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

function mismatch(path: string, expected: string, value: unknown): never {
  const found = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 40);
  throw new Mismatch(`${path}: expected ${expected}, found ${found}`);
}

/** Any text. */
export const text: Check<string> = (value, path) => (typeof value === 'string' ? value : mismatch(path, 'text', value));

/** A point in time, epoch milliseconds. */
export const time: Check<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : mismatch(path, 'a time', value);

/** A whole number from 0. */
export const count: Check<number> = (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : mismatch(path, 'a whole number from 0', value);

/** One of the given values. */
export function oneOf<const T extends string | number>(...allowed: readonly T[]): Check<T> {
  return (value, path) =>
    allowed.find((candidate) => candidate === value) ?? mismatch(path, allowed.map(String).join(' or '), value);
}

/** `null`, or what `check` accepts. */
export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null ? null : check(value, path));
}

/** As `nullable`, for a field that an older program of the same version did not write. */
export function laterAdded<T>(check: Check<T>): Check<T | null> {
  return (value, path) => nullable(check)(value ?? null, path);
}

/** A list of what `check` accepts. */
export function list<T>(check: Check<T>): Check<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item, position) => check(item, `${path}[${position}]`))
      : mismatch(path, 'a list', value);
}

/** An object with any keys, each of whose values `check` accepts. */
export function dictionary<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(plainObject(value, path)).map(([key, item]) => [key, check(item, `${path}.${key}`)]),
    );
}

/** An object with exactly these fields. */
export function object<T extends object>(shape: { readonly [Key in keyof T]-?: Check<T[Key]> }): Check<T> {
  return (value, path) => {
    const found = plainObject(value, path);
    const unknown = Object.keys(found).find((key) => !Object.hasOwn(shape, key));
    if (unknown !== undefined) throw new Mismatch(`${path}: unknown field ${unknown.slice(0, 40)}`);
    const fields = Object.entries<Check<unknown>>(shape).map(([key, check]) => [
      key,
      check(found[key], `${path}.${key}`),
    ]);
    return Object.fromEntries(fields) as T;
  };
}

/** An object whose field `kind` decides which of the checks it must pass. */
export function variant<T extends { readonly kind: string }>(checks: {
  readonly [Kind in T['kind']]: Check<Extract<T, { readonly kind: Kind }>>;
}): Check<T> {
  const byKind = new Map<unknown, Check<T>>(Object.entries<Check<T>>(checks));
  return (value, path) => {
    const { kind } = plainObject(value, path);
    const check = byKind.get(kind) ?? mismatch(`${path}.kind`, [...byKind.keys()].join(' or '), kind);
    return check(value, path);
  };
}

function plainObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch(path, 'an object', value);
  return value as Readonly<Record<string, unknown>>;
}
