/** A copy of an arena's database, taken while the arena runs. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors.js';
import { withoutLogin } from '../http/redact.js';
import { TABLES } from './migrations.js';
import { isPostgres, openDatabase, withDatabase } from './open-database.js';
import { count, type Database } from './sql.js';

/** Rows read at once. */
const PAGE = 1000;

/**
 * Copies all rows from one database to another (SQLite or PostgreSQL, either way) as they stood at one moment, and returns their number. A copy can be served as it is.
 * Throws `UserError` where the source is not there, or the target is not empty.
 */
export async function backup(from: string, to: string): Promise<number> {
  return withDatabase(from, async (source) => {
    if (!isPostgres(to) && existsSync(to)) throw new UserError(`${to} is there already; give the name of a new file`);
    const target = await openDatabase(to);
    try {
      if ((await count(target, 'select (select count(*) from participants) + (select count(*) from meta) as n')) > 0)
        throw new UserError(`${withoutLogin(to)} holds an arena already; give an empty database`);
      return await copyAll(source, target);
    } finally {
      await target.close();
    }
  });
}

async function copyAll(source: Database, target: Database): Promise<number> {
  let rows = 0;
  // A copy of one moment, and all of it or nothing.
  await source.snapshot(async (reading) => {
    await target.transaction(async (writing) => {
      for (const table of TABLES) {
        for (let offset = 0, size = PAGE; size === PAGE; offset += PAGE) {
          // The first two columns of every table are its key.
          const page = await reading.all(`select * from ${table} order by 1, 2 limit ${PAGE} offset ${offset}`);
          for (const row of page) {
            const columns = Object.keys(row);
            const places = columns.map(() => '?').join(', ');
            await writing.run(`insert into ${table} (${columns.join(', ')}) values (${places})`, ...Object.values(row));
          }
          size = page.length;
          rows += size;
        }
      }
    });
  });
  return rows;
}
