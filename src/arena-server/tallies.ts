/** Votes that count, by pair of models and question. */
import { z } from 'zod';
import { type Battles, type Question, Tally } from '../arena/battles.js';
import { CHOICES } from './choice.js';
import { type Sql, select } from './sql.js';

/** Column of a question's vote. */
const COLUMN = { global: 'whole', content: 'content', language: 'language' } as const;

/** The votes that count: of battles of participants who are not banned, in which both sides answered and neither gave its name away. */
export const COUNTED =
  "votes v join battles b on b.id = v.battle join participants p on p.id = b.participant where b.state <> 'void' and b.named = 0 and p.banned is null";

const VOTES = z.object({ a: z.string(), b: z.string(), vote: z.enum(CHOICES), n: z.number() });

/**
 * Returns the votes on one question as `arena fit` takes them; both bad is a tie.
 */
export async function tallies(db: Sql, question: Question): Promise<Battles> {
  const column = COLUMN[question];
  const query = `select b.model_a as a, b.model_b as b, v.${column} as vote, count(*) as n from ${COUNTED} group by b.model_a, b.model_b, v.${column}`;
  const tally = new Tally();
  for (const { a, b, vote, n } of await select(db, VOTES, query)) {
    const [left, right] = [vote === 'a' ? n : 0, vote === 'b' ? n : 0];
    tally.add(a, b, left, right, n - left - right);
  }
  const { models, pairs } = tally.result();
  // Databases give groups in any order, and the bootstrap follows that of the pairs.
  return { question, models, pairs: pairs.toSorted((x, y) => x.a - y.a || x.b - y.b), skipped: 0 };
}
