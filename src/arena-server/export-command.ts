/** `arena export`: battles to a stream. */
import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { UserError } from '../errors.js';
import { battlesCsv, releasedLines } from './export.js';
import { openDatabase } from './open-database.js';
import { textOrNull } from './sql.js';

/**
 * Writes the battles of a database. Throws `UserError` where there is no such arena.
 */
export async function exportBattles(
  database: string,
  format: 'csv' | 'jsonl',
  systemPrompt: string,
  givenSecret: string | null,
  out: Writable,
): Promise<void> {
  if (!/^postgres(ql)?:\/\//.test(database) && !existsSync(database)) throw new UserError(`${database}: no such database`);
  const db = await openDatabase(database);
  try {
    const [row] = await db.all("select value from meta where name = 'secret'");
    const secret = givenSecret ?? textOrNull(row, 'value');
    if (secret === null) throw new UserError('the pseudonyms need the secret of the arena; set EUS_EVAL_ARENA_SECRET as for arena serve');
    const options = { secret, systemPrompt };
    if (format === 'csv') out.write(await battlesCsv(db, options));
    else for await (const line of releasedLines(db, options)) out.write(line);
  } finally {
    await db.close();
  }
}
