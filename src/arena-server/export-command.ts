/** `arena export`: battles to a stream. */
import type { Writable } from 'node:stream';
import { UserError } from '../errors.js';

import { battlesCsv, releasedLines } from './export.js';
import { withDatabase } from './open-database.js';
import { storedSecret } from './secret.js';

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
  await withDatabase(database, async (db) => {
    const secret = givenSecret ?? (await storedSecret(db));
    if (secret === null) throw new UserError('the pseudonyms need the secret of the arena; set EUS_EVAL_ARENA_SECRET as for arena serve');
    const options = { secret, systemPrompt };
    if (format === 'csv') out.write(await battlesCsv(db, options));
    else for await (const line of releasedLines(db, options)) out.write(line);
  });
}
