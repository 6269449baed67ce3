/** What the arena asks of a database. Two kinds are behind it: SQLite in one file, and PostgreSQL for several processes. */
import { type ZodType, z } from 'zod';
import { at } from '../at.js';

/** A value of a column. Times are milliseconds since 1970. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Statements have `?` for values, never values in their text; the SQL is the subset that both databases understand. */
export interface Sql {
  readonly kind: 'sqlite' | 'postgres';
  /** Returns all rows. */
  all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  /** Returns the number of rows changed. */
  run(sql: string, ...values: readonly Value[]): Promise<number>;
}

/** All methods throw `StorageError` where the database cannot do its work now: disk full, server gone. What was asked is then not stored. */
export interface Database extends Sql {
  /**
   * Runs statements that belong together: all are stored when the promise resolves (on disk, not only in memory), none when it rejects. The work must
   * only await statements, since others may wait for its end.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs reading statements on the database as it stood at one moment, without keeping anybody from writing. */
  snapshot<T>(work: (sql: Pick<Sql, 'all'>) => Promise<T>): Promise<T>;
  /** Makes sure that what was deleted stands nowhere in the files of the database any more; where somebody else still reads an older state, as soon as that is over. */
  scrub(): Promise<void>;
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

/**
 * Returns rows in the form of a schema. Throws where one has another: a fault of ours.
 */
export async function select<T>(sql: Pick<Sql, 'all'>, shape: ZodType<T>, query: string, ...values: readonly Value[]): Promise<T[]> {
  return z.array(shape).parse(await sql.all(query, ...values));
}

const COUNT = z.strictObject({ n: z.number() });

/** Returns the number that a query asks for as `n`. */
export async function count(sql: Pick<Sql, 'all'>, query: string, ...values: readonly Value[]): Promise<number> {
  return at(await select(sql, COUNT, query, ...values), 0).n;
}

/** Returns a row as a database gives it, without what is no value of a column. */
export function rowOf(raw: unknown): Row {
  const isValue = (field: [string, unknown]): field is [string, Value] =>
    field[1] === null || typeof field[1] === 'string' || typeof field[1] === 'number';
  return Object.fromEntries(Object.entries(raw ?? {}).filter(isValue));
}

/** Keeps others from changing a row until the end of the transaction. SQLite has one writer at a time anyway; PostgreSQL would let two go on side by side. */
export async function lock(sql: Sql, table: 'battles' | 'participants', id: string): Promise<void> {
  if (sql.kind === 'postgres') await sql.all(`select id from ${table} where id = ? for update`, id);
}
