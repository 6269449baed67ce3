/** Reading battles: one row a battle, or one row a pair with counts. */
import { at } from '../at.js';
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
  // Cells without the apostrophe that keeps spreadsheets from running a name as a formula: our own exports have it.
  const battles = rows.map(({ cells, line }) => ({
    cells,
    line,
    a: unguardCell(at(cells, a)),
    b: unguardCell(at(cells, b)),
    vote: winner < 0 ? '' : unguardCell(at(cells, winner)),
  }));
  const tally = new Tally();
  const voteOf = voteReader(battles, file);
  let skipped = 0;
  for (const { cells, line, a: nameA, b: nameB, vote } of battles) {
    const where = `${file}: line ${line}`;
    if (nameA === '' || nameB === '') throw new UserError(`${where}: a battle without two models`);
    if (nameA === nameB) throw new UserError(`${where}: the model ${nameA} is matched against itself`);
    if (winner >= 0) {
      if (vote === '') skipped++;
      else tally.add(nameA, nameB, ...voteOf(vote, nameA, nameB, where));
    } else {
      const [winsA = 0, winsB = 0, ties = 0] = counts.map((c) => wholeNumber(at(cells, c), where));
      const stated = question === 'global' ? cells[column('battles')] : undefined;
      if (stated !== undefined && wholeNumber(stated, where) !== winsA + winsB + ties) {
        throw new UserError(`${where}: battles is ${stated}, but wins and ties make ${winsA + winsB + ties}`);
      }
      tally.add(nameA, nameB, winsA, winsB, ties);
    }
  }
  return { question, ...tally.result(), skipped };
}

function wholeNumber(text: string, where: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UserError(`${where}: '${text}' is not a valid number of battles`);
  return Number(text);
}

/** Adds up battles by pair, whichever model comes first. */
export class Tally {
  /** By the model whose name comes first, then by the other. */
  readonly #rows = new Map<string, Map<string, { winsA: number; winsB: number; ties: number }>>();

  add(nameA: string, nameB: string, winsA: number, winsB: number, ties: number): void {
    if (nameA > nameB) {
      this.add(nameB, nameA, winsB, winsA, ties);
      return;
    }
    const row = this.#rows.get(nameA) ?? new Map<string, { winsA: number; winsB: number; ties: number }>();
    this.#rows.set(nameA, row);
    const counts = row.get(nameB) ?? { winsA: 0, winsB: 0, ties: 0 };
    row.set(nameB, counts);
    counts.winsA += winsA;
    counts.winsB += winsB;
    counts.ties += ties;
  }

  /** Returns models by name, and the pairs that have battles. */
  result(): { readonly models: readonly string[]; readonly pairs: readonly Pair[] } {
    const models = [...new Set([...this.#rows].flatMap(([a, row]) => [a, ...row.keys()]))].sort();
    const place = new Map(models.map((name, i) => [name, i]));
    const pairs = [...this.#rows].flatMap(([a, row]) =>
      [...row].map(([b, counts]) => ({ a: place.get(a) ?? 0, b: place.get(b) ?? 0, ...counts })),
    );
    return { models, pairs: pairs.filter((p) => p.winsA + p.winsB + p.ties > 0) };
  }
}
