/** Votes that count, by pair of models and question. */
import type { Battles, Pair, Question } from '../arena/battles.js';
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
  const models = [...new Set(rows.flatMap((row) => [text(row, 'model_a'), text(row, 'model_b')]))].sort();
  const place = new Map(models.map((m, i) => [m, i]));
  const pairs = new Map<number, { a: number; b: number; winsA: number; winsB: number; ties: number }>();
  for (const row of rows) {
    const [left, right] = [place.get(text(row, 'model_a')) ?? 0, place.get(text(row, 'model_b')) ?? 0];
    const [a, b] = left < right ? [left, right] : [right, left];
    const pair = pairs.get(a * models.length + b) ?? { a, b, winsA: 0, winsB: 0, ties: 0 };
    pairs.set(a * models.length + b, pair);
    const [vote, n] = [text(row, 'vote'), number(row, 'n')];
    if (vote !== 'a' && vote !== 'b') pair.ties += n;
    else if ((vote === 'a') === left < right) pair.winsA += n;
    else pair.winsB += n;
  }
  const sorted: Pair[] = [...pairs.values()].sort((x, y) => x.a - y.a || x.b - y.b);
  return { question, models, pairs: sorted, skipped: 0 };
}
