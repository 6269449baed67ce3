/** Reading battles: one row a battle, or one row a pair with counts. */
import { UserError } from '../errors.js';
import { unguardCell } from '../tables/formula-guard.js';
import { readTable, type Table, tableOf } from '../tables/read-table.js';
import { voteReader } from './vote.js';

/** What voters were asked. `global`: which answer is better as a whole. */
export const QUESTIONS = ['global', 'content', 'language'] as const;
export type Question = (typeof QUESTIONS)[number];

/** All battles of one pair of models under one question. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly winsA: number;
  readonly winsB: number;
  readonly ties: number;
}

/** The battles of one question. Pairs refer to models by index; each pair stands once, with `a < b`. */
export interface Battles {
  readonly question: Question;
  /** Names, sorted. */
  readonly models: readonly string[];
  readonly pairs: readonly Pair[];
  /** Battles without a vote on this question. */
  readonly skipped: number;
}

/**
 * Reads battles from CSV (docs/arena.md): `model_a,model_b,winner` with one row a battle (`winner` is `model_a`, `model_b`, `tie`, or a
 * model's name, which goes before those words; `winner_content` and `winner_language` hold the votes on the other questions), or `model_a,model_b,wins_a,wins_b,ties` with one row a pair
 * (`wins_a_content` and so on for the other questions).
 *
 * Throws `UserError` naming the line when the file cannot be read, a column is missing, or a vote is none.
 */
export async function readBattles(file: string, question: Question): Promise<Battles> {
  return battlesIn(await readTable(file, { what: 'the battles', trim: true }), file, question);
}

/**
 * Parses battles from the text of a CSV file; see `readBattles`.
 */
export function battlesOf(text: string, file: string, question: Question): Battles {
  return battlesIn(tableOf(text, file, { trim: true }), file, question);
}

/** One row of battles, by the names of the columns. */
export type BattleRow = Readonly<Record<string, string | number>>;

/**
 * Returns the battles in rows; see `readBattles`.
 */
export function battlesOfRows(rows: readonly BattleRow[], question: Question): Battles {
  const header = [...new Set(rows.flatMap(Object.keys))];
  const cells = rows.map((row, i) => ({ cells: header.map((name) => String(row[name] ?? '')), line: i + 1 }));
  return battlesIn({ header, rows: cells, decimalComma: false }, 'battles', question);
}

function battlesIn({ header, rows }: Table, file: string, question: Question): Battles {
  const column = (name: string) => header.indexOf(name);
  const suffix = question === 'global' ? '' : `_${question}`;
  const [a, b] = [column('model_a'), column('model_b')];
  if (a < 0 || b < 0)
    throw new UserError(`${file}: expected the columns model_a,model_b and winner or wins_a,wins_b,ties; found ${header.join(',')}`);
  const winner = question === 'global' ? Math.max(column('winner'), column('winner_global')) : column(`winner${suffix}`);
  const counts = [column(`wins_a${suffix}`), column(`wins_b${suffix}`), column(`ties${suffix}`)];
  if (winner < 0 && counts.some((c) => c < 0)) {
    throw new UserError(
      `${file}: no votes on the question '${question}': expected the column winner${suffix}, or wins_a${suffix},wins_b${suffix},ties${suffix}; found ${header.join(',')}`,
    );
  }
  if (rows.length === 0) throw new UserError(`${file}: no battles`);
  const tally = new Tally();
  const voteOf = voteReader(
    rows.map(({ cells, line }) => ({ a: text(cells[a]), b: text(cells[b]), vote: winner < 0 ? '' : text(cells[winner]), line })),
    file,
  );
  let skipped = 0;
  for (const { cells: record, line } of rows) {
    const where = `${file}: line ${line}`;
    const [nameA, nameB] = [text(record[a]), text(record[b])];
    if (nameA === '' || nameB === '') throw new UserError(`${where}: a battle without two models`);
    if (nameA === nameB) throw new UserError(`${where}: the model ${nameA} is matched against itself`);
    if (winner >= 0) {
      const vote = text(record[winner]);
      if (vote === '') skipped++;
      else tally.add(nameA, nameB, ...voteOf(vote, nameA, nameB, where));
    } else {
      const [winsA = 0, winsB = 0, ties = 0] = counts.map((c) => wholeNumber(record[c] ?? '', where));
      const stated = question === 'global' ? record[column('battles')] : undefined;
      if (stated !== undefined && wholeNumber(stated, where) !== winsA + winsB + ties) {
        throw new UserError(`${where}: battles is ${stated}, but wins and ties make ${winsA + winsB + ties}`);
      }
      tally.add(nameA, nameB, winsA, winsB, ties);
    }
  }
  return { question, ...tally.result(), skipped };
}

/** A cell without the apostrophe that keeps spreadsheets from running a name as a formula: our own exports have it. */
function text(cell: string | undefined): string {
  return unguardCell(cell ?? '');
}

function wholeNumber(text: string, where: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UserError(`${where}: '${text}' is not a valid number of battles`);
  return Number(text);
}

/** Adds up battles by pair, whichever model comes first. */
class Tally {
  readonly #counts = new Map<string, Map<string, [number, number, number]>>();

  add(nameA: string, nameB: string, winsA: number, winsB: number, ties: number): void {
    const swap = nameA > nameB;
    const [first, second] = swap ? [nameB, nameA] : [nameA, nameB];
    const row = this.#counts.get(first) ?? new Map<string, [number, number, number]>();
    this.#counts.set(first, row);
    const pair = row.get(second) ?? [0, 0, 0];
    row.set(second, pair);
    pair[0] += swap ? winsB : winsA;
    pair[1] += swap ? winsA : winsB;
    pair[2] += ties;
  }

  result(): { models: string[]; pairs: Pair[] } {
    const models = [...new Set([...this.#counts].flatMap(([a, row]) => [a, ...row.keys()]))].sort();
    const index = new Map(models.map((m, i) => [m, i]));
    const pairs = [...this.#counts].flatMap(([a, row]) =>
      [...row].map(([b, [winsA, winsB, ties]]) => ({ a: index.get(a) ?? 0, b: index.get(b) ?? 0, winsA, winsB, ties })),
    );
    return { models, pairs: pairs.filter((p) => p.winsA + p.winsB + p.ties > 0) };
  }
}
