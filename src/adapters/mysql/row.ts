/** Reads values out of a row that a server sent: nothing about their types is taken for granted. */

export type Row = Readonly<Record<string, unknown>>;

/** null stays null; binary columns are read as UTF-8. */
export function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null;
}

/** null for NULL and for anything that is no number. */
export function numberOf(value: unknown): number | null {
  const text = textOf(value);
  const number = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isNaN(number) ? null : number;
}

/** A switch of the server: 1, `1`, `ON` or any mode but `OFF`. */
export function isOn(value: unknown): boolean {
  return !['0', 'OFF', ''].includes((textOf(value) ?? '').toUpperCase());
}

/** What `SHOW VARIABLES` and `SHOW STATUS` give: one row for each; names in small letters. */
export function namedValues(rows: readonly Row[]): ReadonlyMap<string | undefined, unknown> {
  return new Map(rows.map((row) => [textOf(row['Variable_name'])?.toLowerCase(), row['Value']]));
}
