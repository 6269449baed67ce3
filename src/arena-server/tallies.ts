/** Votes that count, by pair of models and question. */
import { type Battles, type Question, Tally } from '../arena/battles.js';
import { number, type Sql, text } from './sql.js';

/** Column of a question's vote. */
const COLUMN = { global: 'whole', content: 'content', language: 'language' } as const;

/** What counts: battles of participants who are not banned, in which both sides answered and neither gave its name away. */
export const COUNTS = "b.state <> 'void' and b.named = 0 and p.banned is null";

/**
 * Returns the votes on one question as `arena fit` takes them; both bad is a tie.
 */
export async function tallies(db: Sql, question: Question): Promise<Battles> {
  const column = COLUMN[question];
  const rows = await db.all(
    `select b.model_a, b.model_b, v.${column} as vote, count(*) as n from votes v join battles b on b.id = v.battle
     join participants p on p.id = b.participant where ${COUNTS} group by b.model_a, b.model_b, v.${column}`,
  );
  const tally = new Tally();
  for (const row of rows) {
    const [vote, n] = [text(row, 'vote'), number(row, 'n')];
    const [left, right] = [vote === 'a' ? n : 0, vote === 'b' ? n : 0];
    tally.add(text(row, 'model_a'), text(row, 'model_b'), left, right, n - left - right);
  }
  const { models, pairs } = tally.result();
  // Databases give groups in any order, and the bootstrap follows that of the pairs.
  return { question, models, pairs: pairs.toSorted((x, y) => x.a - y.a || x.b - y.b), skipped: 0 };
}
