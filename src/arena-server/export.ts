/** Battles for others: without anything that leads to a participant, texts only under consent. */
import { toCsv } from '../tables/write-csv.js';
import type { Choice } from './choice.js';
import { keyedHash } from './identity.js';
import { number, type Row, type Sql, text, textOrNull } from './sql.js';
import { COUNTS } from './tallies.js';

/** What exports of one arena share. */
export interface ExportOptions {
  /** Secret of the arena, so that pseudonyms are the same in each export and lead nowhere. */
  readonly secret: string;
  readonly systemPrompt: string;
}

const WORDS: Readonly<Record<Choice, string>> = { a: 'model_a', b: 'model_b', tie: 'tie', bad: 'tie (bothbad)' };

function word(row: Row, column: string): string {
  const choice = text(row, column);
  return choice === 'a' || choice === 'b' || choice === 'bad' ? WORDS[choice] : WORDS.tie;
}

async function counted(db: Sql): Promise<readonly Row[]> {
  return db.all(
    `select b.id, b.participant, b.model_a, b.model_b, b.language as page, p.level, p.education, p.share_texts, v.content, v.language, v.whole, v.asked_whole, v.created,
       (select count(*) from turns t where t.battle = b.id) as turns
     from votes v join battles b on b.id = v.battle join participants p on p.id = b.participant where ${COUNTS} order by v.created, b.id`,
  );
}

/**
 * Returns the votes that count as CSV for `arena fit`: one row a battle, the day only, a pseudonym for the participant.
 */
export async function battlesCsv(db: Sql, options: ExportOptions): Promise<string> {
  const header = 'model_a,model_b,winner,winner_content,winner_language,asked_whole,turns,day,participant,level,education'.split(',');
  const rows = (await counted(db)).map((row) => [
    text(row, 'model_a'),
    text(row, 'model_b'),
    word(row, 'whole'),
    word(row, 'content'),
    word(row, 'language'),
    String(number(row, 'asked_whole')),
    String(number(row, 'turns')),
    new Date(number(row, 'created')).toISOString().slice(0, 10),
    pseudonym(options, text(row, 'participant')),
    text(row, 'level'),
    text(row, 'education'),
  ]);
  return toCsv([header, ...rows]);
}

/**
 * Yields the lines of the format in which the paper's battles were published (JSON, one battle a line: id, username, user_language, user_education, timestamp, model_a,
 * model_b, conv_a, conv_b, winner, winner_content, winner_language). Conversations are empty where the participant did not allow their publication.
 */
export async function* releasedLines(db: Sql, options: ExportOptions): AsyncGenerator<string> {
  for (const row of await counted(db)) {
    const turns =
      number(row, 'share_texts') === 1
        ? await db.all('select prompt, answer_a, answer_b from turns where battle = ? order by turn', text(row, 'id'))
        : [];
    const conversation = (answer: 'answer_a' | 'answer_b') =>
      turns.length === 0
        ? []
        : [
            ...(options.systemPrompt === '' ? [] : [{ role: 'system', content: options.systemPrompt }]),
            ...turns.flatMap((t) => [
              { role: 'user', content: text(t, 'prompt') },
              { role: 'assistant', content: textOrNull(t, answer) ?? '' },
            ]),
          ];
    const battle = {
      id: keyedHash(options.secret, 'export-battle', text(row, 'id')),
      username: pseudonym(options, text(row, 'participant')),
      user_language: text(row, 'level'),
      user_education: text(row, 'education'),
      timestamp: new Date(number(row, 'created')).toISOString().slice(0, 10),
      model_a: text(row, 'model_a'),
      model_b: text(row, 'model_b'),
      conv_a: conversation('answer_a'),
      conv_b: conversation('answer_b'),
      winner: word(row, 'whole'),
      winner_content: word(row, 'content'),
      winner_language: word(row, 'language'),
    };
    yield `${JSON.stringify(battle)}\n`;
  }
}

function pseudonym(options: ExportOptions, participant: string): string {
  return keyedHash(options.secret, 'export-participant', participant).slice(0, 12);
}
