/** A copy of an arena's database, taken while the arena runs. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors.js';
import { withoutLogin } from '../http/redact.js';
import { TABLES } from './migrations.js';
import { openDatabase } from './open-database.js';
import { type Database, number } from './sql.js';

/** Rows read at once. */
const PAGE = 1000;

/**
 * Copies all rows from one database to another (SQLite or PostgreSQL, either way) as they stood at one moment, and returns their number. A copy can be served as it is.
 * Throws `UserError` where the source is not there, or the target is not empty.
 */
export async function backup(from: string, to: string): Promise<number> {
  const isFile = (address: string): boolean => !/^postgres(ql)?:\/\//.test(address);
  if (isFile(from) && !existsSync(from)) throw new UserError(`${from}: no such database`);
  if (isFile(to) && existsSync(to)) throw new UserError(`${to} is there already; give the name of a new file`);
  const source = await openDatabase(from);
  try {
    const target = await openDatabase(to);
    try {
      const [row] = await target.all('select (select count(*) from participants) + (select count(*) from meta) as n');
      if (number(row, 'n') > 0) throw new UserError(`${withoutLogin(to)} holds an arena already; give an empty database`);
      return await copyAll(source, target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyAll(source: Database, target: Database): Promise<number> {
  let rows = 0;
  // A copy of one moment, and all of it or nothing.
  await source.snapshot(async (reading) => {
    await target.transaction(async (writing) => {
      for (const { name, columns } of TABLES) {
        const list = columns.join(', ');
        const order = columns.slice(0, 2).join(', ');
        const places = columns.map(() => '?').join(', ');
        for (let at = 0; ; at += PAGE) {
          const page = await reading.all(`select ${list} from ${name} order by ${order} limit ${PAGE} offset ${at}`);
          for (const row of page)
            await writing.run(`insert into ${name} (${list}) values (${places})`, ...columns.map((c) => row[c] ?? null));
          rows += page.length;
          if (page.length < PAGE) break;
        }
      }
    });
  });
  return rows;
}
