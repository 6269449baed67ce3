/** What the arena asks of a database. Two kinds are behind it: SQLite in one file, and PostgreSQL for several processes. */

/** A value of a column. Times are milliseconds since 1970. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Statements have `?` for values, never values in their text; the SQL is the subset that both databases understand. */
export interface Sql {
  /** Returns all rows. */
  all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  /** Returns the number of rows changed. */
  run(sql: string, ...values: readonly Value[]): Promise<number>;
}

/** All methods throw `StorageError` where the database cannot do its work now: disk full, server gone. What was asked is then not stored. */
export interface Database extends Sql {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * Runs statements that belong together: all are stored when the promise resolves (on disk, not only in memory), none when it rejects. The work must
   * only await statements, since others may wait for its end.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs reading statements on the database as it stood at one moment, without keeping anybody from writing. */
  snapshot<T>(work: (sql: Pick<Sql, 'all'>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Returns a value as every database can hold it: PostgreSQL has no NUL in texts, so U+FFFD takes its place.
 */
export function storable(value: Value): Value {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
}

/** The database cannot store or read now. The request may be sent again as it is. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

/** Returns a column of text. Throws where the row has none: a fault of ours. */
export function text(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value !== 'string') throw new Error(`no text in column ${column}`);
  return value;
}

/** Returns a column of text that may be empty. */
export function textOrNull(row: Row | undefined, column: string): string | null {
  const value = row?.[column];
  return typeof value === 'string' ? value : null;
}

/** Returns a column of numbers. Throws where the row has none: a fault of ours. */
export function number(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== 'number') throw new Error(`no number in column ${column}`);
  return value;
}

/** Returns a column of numbers that may be empty. */
export function numberOrNull(row: Row | undefined, column: string): number | null {
  const value = row?.[column];
  return typeof value === 'number' ? value : null;
}
