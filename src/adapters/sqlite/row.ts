/** Reads values out of a row of the file, where any column may hold any kind of value. */

/** null for NULL and for anything but text and numbers. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? value : null;
}

/** null for anything but numbers. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' ? value : null;
}
