/** Which database an address means. */

import { messageOf, UserError } from '../errors.js';
import { withoutLogin } from '../http/redact.js';
import { migrate } from './migrations.js';
import type { Database } from './sql.js';
import { StorageError } from './sql.js';

/**
 * Opens the database behind an address (`postgres://...`, or the name of a file) with all tables in place.
 * Throws `UserError` where it cannot be reached or is of a later version; no password is shown.
 */
export async function openDatabase(address: string): Promise<Database> {
  const postgres = /^postgres(ql)?:\/\//.test(address);
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
