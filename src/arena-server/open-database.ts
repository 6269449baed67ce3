/** Which database an address means. */
import { existsSync } from 'node:fs';
import { messageOf, UserError } from '../errors.js';
import { withoutLogin } from '../http/redact.js';
import { migrate } from './migrations.js';
import { type Database, StorageError } from './sql.js';

/** Tells whether an address is one of PostgreSQL; others are files. */
export function isPostgres(address: string): boolean {
  return /^postgres(ql)?:\/\//.test(address);
}

/**
 * Opens the database behind an address (`postgres://...`, or the name of a file) with all tables in place.
 * Throws `UserError` where it cannot be reached or is of a later version; no password is shown.
 */
export async function openDatabase(address: string): Promise<Database> {
  const postgres = isPostgres(address);
  const db = postgres ? (await import('./postgres.js')).openPostgres(address) : (await import('./sqlite.js')).openSqlite(address);
  try {
    await migrate(db);
  } catch (error) {
    await db.close();
    if (error instanceof UserError) throw error;
    const name = postgres ? withoutLogin(address) : address;
    const reason = error instanceof StorageError || postgres ? messageOf(error) : `is it a database of the arena? ${messageOf(error)}`;
    throw new UserError(`cannot use the database ${name}: ${reason}`);
  }
  return db;
}

/**
 * Does something with a database that must be there, and closes it. Throws `UserError` where it is not, or as `openDatabase` does.
 */
export async function withDatabase<T>(address: string, work: (db: Database) => Promise<T>): Promise<T> {
  if (!isPostgres(address) && !existsSync(address)) throw new UserError(`${address}: no such database`);
  const db = await openDatabase(address);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
