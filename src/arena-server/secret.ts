/** The secret that keys all hashes of an arena. */
import { z } from 'zod';
import { randomToken } from './identity.js';
import { type Database, type Sql, select } from './sql.js';

/** Returns the secret that a database keeps, or null: the arena was always given one. */
export async function storedSecret(db: Sql): Promise<string | null> {
  const [row] = await select(db, z.object({ value: z.string() }), "select value from meta where name = 'secret'");
  return row?.value ?? null;
}

/** Returns the secret that all processes on one database share where none is given; made once. */
export async function keptSecret(db: Database): Promise<string> {
  const made = randomToken();
  await db.run("insert into meta (name, value) values ('secret', ?) on conflict (name) do nothing", made);
  return (await storedSecret(db)) ?? made;
}
