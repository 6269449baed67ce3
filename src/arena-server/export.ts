/** Battles for others: without anything that leads to a participant, texts only under consent. */
import type { Writable } from 'node:stream';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { toCsv } from '../tables/write-csv.js';
import { CHOICES, type Choice } from './choice.js';
import { keyedHash } from './identity.js';
import { withDatabase } from './open-database.js';
import { storedSecret } from './secret.js';
import { type Sql, select } from './sql.js';
import { COUNTED } from './tallies.js';

/** What exports of one arena share. */
export interface ExportOptions {
  /** Secret of the arena, so that pseudonyms are the same in each export and lead nowhere. */
  readonly secret: string;
  readonly systemPrompt: string;
}

const WORDS: Readonly<Record<Choice, string>> = { a: 'model_a', b: 'model_b', tie: 'tie', bad: 'tie (bothbad)' };

const choice = z.enum(CHOICES).transform((made) => WORDS[made]);
const VOTE = z.object({
  id: z.string(),
  participant: z.string(),
  model_a: z.string(),
  model_b: z.string(),
  level: z.string(),
  education: z.string(),
  share_texts: z.number(),
  content: choice,
  language: choice,
  whole: choice,
  asked_whole: z.number(),
  /** The day (UTC) only. */
  created: z.number().transform((time) => new Date(time).toISOString().slice(0, 10)),
  turns: z.number(),
});

async function counted(db: Sql): Promise<z.infer<typeof VOTE>[]> {
  return select(
    db,
    VOTE,
    `select b.id, b.participant, b.model_a, b.model_b, p.level, p.education, p.share_texts, v.content, v.language, v.whole, v.asked_whole, v.created,
       (select count(*) from turns t where t.battle = b.id) as turns
     from ${COUNTED} order by v.created, b.id`,
  );
}

/**
 * Returns the votes that count as CSV for `arena fit`: one row a battle, the day only, a pseudonym for the participant.
 */
export async function battlesCsv(db: Sql, options: ExportOptions): Promise<string> {
  const header = 'model_a,model_b,winner,winner_content,winner_language,asked_whole,turns,day,participant,level,education'.split(',');
  const rows = (await counted(db)).map((v) => [
    ...[v.model_a, v.model_b, v.whole, v.content, v.language, String(v.asked_whole), String(v.turns), v.created],
    ...[pseudonym(options, v.participant), v.level, v.education],
  ]);
  return toCsv([header, ...rows]);
}

const TURN = z.object({ prompt: z.string(), answer_a: z.string().nullable(), answer_b: z.string().nullable() });

/**
 * Yields the lines of the format in which the paper's battles were published (JSON, one battle a line: id, username, user_language, user_education, timestamp, model_a,
 * model_b, conv_a, conv_b, winner, winner_content, winner_language). Conversations are empty where the participant did not allow their publication.
 */
export async function* releasedLines(db: Sql, options: ExportOptions): AsyncGenerator<string> {
  const system = options.systemPrompt === '' ? [] : [{ role: 'system', content: options.systemPrompt }];
  for (const vote of await counted(db)) {
    const query = 'select prompt, answer_a, answer_b from turns where battle = ? order by turn';
    const turns = vote.share_texts === 1 ? await select(db, TURN, query, vote.id) : [];
    const conversation = (answer: 'answer_a' | 'answer_b') => {
      const said = turns.flatMap((t) => [
        { role: 'user', content: t.prompt },
        { role: 'assistant', content: t[answer] ?? '' },
      ]);
      return said.length === 0 ? [] : [...system, ...said];
    };
    const battle = {
      id: keyedHash(options.secret, 'export-battle', vote.id),
      username: pseudonym(options, vote.participant),
      user_language: vote.level,
      user_education: vote.education,
      timestamp: vote.created,
      model_a: vote.model_a,
      model_b: vote.model_b,
      conv_a: conversation('answer_a'),
      conv_b: conversation('answer_b'),
      winner: vote.whole,
      winner_content: vote.content,
      winner_language: vote.language,
    };
    yield `${JSON.stringify(battle)}\n`;
  }
}

function pseudonym(options: ExportOptions, participant: string): string {
  return keyedHash(options.secret, 'export-participant', participant).slice(0, 12);
}

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
