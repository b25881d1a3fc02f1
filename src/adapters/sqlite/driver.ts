/** The little that is needed of an SQLite library, so that either of two can serve. */

export type SqliteValue = string | number | null;
export type SqliteRow = Readonly<Record<string, unknown>>;

/** One open file. Every call is synchronous and throws what its library throws. */
export interface SqliteDriver {
  /** Statements without values. */
  exec(sql: string): void;
  rows(sql: string, values: readonly SqliteValue[]): readonly SqliteRow[];
  /** How many rows it changed. */
  change(sql: string, values: readonly SqliteValue[]): number;
  close(): void;
}

/** Opens the file, creating it where it is missing. Throws what the library throws, or `StoreError` where there is none. */
export type OpenSqliteDriver = (path: string) => Promise<SqliteDriver>;

/** What the two libraries have in common; they differ in how values are handed over. */
export interface SqliteStatement {
  all(...values: unknown[]): unknown[];
  run(...values: unknown[]): unknown;
}

/** What the two libraries have in common. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** `pack` makes the arguments of one call out of the values. */
export function driverOver(
  database: SqliteDatabase,
  pack: (values: readonly SqliteValue[]) => readonly unknown[],
): SqliteDriver {
  return {
    exec: (sql) => {
      database.exec(sql);
    },
    rows: (sql, values) => database.prepare(sql).all(...pack(values)) as SqliteRow[],
    change: (sql, values) => changesOf(database.prepare(sql).run(...pack(values))),
    close: () => database.close(),
  };
}

function changesOf(result: unknown): number {
  return typeof result === 'object' && result !== null && 'changes' in result ? Number(result.changes) : 0;
}
