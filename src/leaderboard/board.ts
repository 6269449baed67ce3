/** The leaderboard as data: what Markdown, CSV, JSON and the page all show. */
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import type { Language, PromptFamily } from '../types.js';
import { factorOf } from './benchmarks.js';
import { collect, type Measurement, nameOf, type ResultSource, shortList, sourceName } from './collect.js';
import { type Benchmark, BIAS, byCategory, LANGUAGES } from './columns.js';
import { compareColumns, type Records, refuseMixed } from './comparable.js';
import type { ModelFacts } from './model-facts.js';
import type { ModelNames } from './names.js';
import { isAlert, type Note, noteText } from './notes.js';
import { PAPER_NAMES } from './paper-names.js';
import { type Row, rowsOf } from './rows.js';
import { clearBest, meanOf, type Rank, rankRanges, type Score } from './statistics.js';

/** One result of one model. Values and errors in percent. */
export interface Cell extends Score {
  /** Bias score of a bias benchmark. */
  readonly bias: number | null;
  readonly documents: number | null;
  readonly scored: number | null;
  /** True when only a part of the benchmark's documents or subtasks was evaluated or scored. */
  readonly partial: boolean;
  readonly fingerprint: string | null;
  readonly version: string | null;
  readonly n_shot: number | null;
  /** Seconds since the epoch. */
  readonly date: number;
  /** `folder/file` it was read from. */
  readonly source: string;
  /** Why the cell is no fair comparison with the others of its column (`--mixed`), null where it is. */
  readonly mark: string | null;
  /** The same as remarks, for the page's languages. */
  readonly reasons: readonly Note[];
  /** Best of its column, and significantly so. */
  readonly best: boolean;
}

/** The mean of a language over its benchmarks without bias; `value` is over those that are there. */
export interface Average extends Score {
  readonly present: number;
  readonly total: number;
  readonly missing: readonly string[];
  readonly complete: boolean;
  /** True when a marked or partial cell is in it. */
  readonly marked: boolean;
  /** False when a marked cell is in it: it gets no rank. */
  readonly comparable: boolean;
  readonly best: boolean;
  /** The same mean with the bias benchmark's accuracy in it, null when that or another value is missing. */
  readonly with_bias: number | null;
  /** Difference to the base model, null without one or when either average is incomplete. */
  readonly gain: number | null;
  /** Ranks that the errors leave open among complete, comparable averages; null for others. */
  readonly rank: Rank | null;
}

export interface BoardModel {
  readonly model: string;
  readonly prompt: PromptFamily;
  readonly folder: string;
  readonly model_name: string;
  readonly variant: string;
  readonly parameters: number | null;
  readonly arena_name: string | null;
  readonly facts: ModelFacts;
  readonly cells: Readonly<Record<string, Cell>>;
  readonly averages: Readonly<Record<Language, Average | null>>;
  /** Mean per language and category, null where a benchmark of it is missing. */
  readonly categories: Readonly<Record<Language, Readonly<Record<string, number | null>>>>;
}

export interface Board {
  readonly benchmarks: readonly Benchmark[];
  readonly models: readonly BoardModel[];
  /** Shown name of the base model, or null. */
  readonly base: string | null;
  readonly notes: readonly Note[];
  /** Date of the newest result, seconds since the epoch. */
  readonly newest: number;
}

export interface BoardOptions {
  readonly dirs: readonly ResultSource[];
  readonly benchmarks: readonly Benchmark[];
  readonly names: readonly ModelNames[];
  /** The names are the user's own: one that fits no folder is worth a note. */
  readonly namesGiven?: boolean;
  readonly base: string | null;
  readonly mixed: boolean;
  readonly records: Records;
}

/**
 * Builds the leaderboard from folders of result files. Throws `UserError` when there is nothing to show, a column mixes different
 * measurements (without `mixed`), or the base model is unknown.
 */
export async function buildBoard(options: BoardOptions): Promise<Board> {
  const collected = await collect(options.dirs, options.benchmarks);
  const { benchmarks } = collected;
  const { rows, notes: rowNotes, unused } = rowsOf(collected.summaries, options.names);
  if (options.namesGiven === true && unused.length > 0)
    rowNotes.push({
      key: 'namesUnused',
      values: { names: shortList(unused), folders: shortList([...new Set(rows.map((r) => r.folder))]) },
    });
  if (rows.length === 0) {
    throw new UserError(
      `no result of a built-in benchmark below ${options.dirs.map(nameOf).join(', ')}${collected.notes.length > 0 ? ` (${collected.notes.map((note) => noteText(note)).join('; ')})` : ''}; valid: ${shortList(
        benchmarks.map((b) => b.name),
        4,
      )}`,
    );
  }
  const comparability = compareColumns(benchmarks, rows, options.records);
  // Trials differ in their documents by nature; a board of trials alone says so at its head, and marks what differs.
  if (!options.mixed && !collected.onlyTrials) refuseMixed(comparability);
  const marks = new Map<string, Note[]>();
  for (const { model, benchmark, reason } of comparability.marks) {
    const key = JSON.stringify([model, benchmark]);
    marks.set(key, [...(marks.get(key) ?? []), reason]);
  }
  const base = options.base === null ? null : baseOf(rows, options.base);
  const models = rows.map((row) => modelOf(row, benchmarks, (name) => marks.get(JSON.stringify([row.model, name])) ?? []));
  markBest(models, benchmarks);
  addRanks(models);
  addGains(models, base);
  const newest = rows.reduce((latest, r) => [...r.measurements.values()].reduce((l, m) => Math.max(l, m.date), latest), 0);
  const notes = [...comparability.notes, ...rowNotes, ...collected.notes].sort((a, b) => Number(isAlert(b)) - Number(isAlert(a)));
  return { benchmarks, models, base: base?.model ?? null, notes, newest };
}

function baseOf(rows: readonly Row[], base: string): Row {
  const found =
    rows.find((r) => r.model === base) ?? rows.find((r) => r.folder === base) ?? rows.find((r) => r.modelName === base && r.variant === '');
  if (found === undefined) {
    const names = rows.map((r) => r.model);
    throw new UserError(`--base: no model '${base}' among the results; valid: ${shortList(names, 8)}.${didYouMean(base, names)}`);
  }
  return found;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface OpenModel extends BoardModel {
  readonly cells: Record<string, Writable<Cell>>;
  readonly averages: Record<Language, Writable<Average> | null>;
}

function modelOf(row: Row, benchmarks: readonly Benchmark[], marksOf: (benchmark: string) => readonly Note[]): OpenModel {
  const cells: Record<string, Writable<Cell>> = {};
  for (const benchmark of benchmarks) {
    const m = row.measurements.get(benchmark.name);
    if (m !== undefined && m.value !== null) cells[benchmark.name] = cellOf(m, m.value, benchmark, marksOf(benchmark.name));
  }
  return {
    model: row.model,
    prompt: row.family,
    folder: row.folder,
    model_name: row.modelName,
    variant: row.variant,
    parameters: row.parameters,
    // Whoever gives no names file compares with the paper's arena under the names that `arena correlate` knows.
    arena_name: row.arenaName ?? PAPER_NAMES.find((n) => n.folder === row.folder)?.arenaName ?? null,
    facts: row.facts,
    cells,
    averages: perLanguage((language) => averageOf(cells, benchmarks, language)),
    categories: perLanguage((language) =>
      Object.fromEntries(
        byCategory(benchmarks, language).map(([category, all]) => {
          // The mean of a category of the paper is over the paper's benchmarks; one of the user's own is over theirs.
          const paper = all.filter((b) => b.own !== true);
          const members = paper.length > 0 ? paper : all.filter((b) => !all.some(({ name }) => name === b.within));
          const found = members.flatMap((b) => cells[b.name] ?? []);
          return [category, found.length === members.length ? (meanOf(found)?.value ?? null) : null];
        }),
      ),
    ),
  };
}

function perLanguage<T>(of: (language: Language) => T): Record<Language, T> {
  return { eu: of('eu'), en: of('en'), es: of('es') };
}

function cellOf(m: Measurement, value: number, benchmark: Benchmark, reasons: readonly Note[]): Writable<Cell> {
  const full = m.original ?? benchmark.documents;
  // A file that does not count its documents still says its limit.
  const answered = m.scored ?? m.documents ?? m.weight;
  return {
    value,
    stderr: m.stderr,
    bias: m.bias,
    documents: m.documents,
    scored: m.scored,
    partial: m.absent.length > 0 || (full !== null && answered < full),
    fingerprint: m.fingerprint,
    version: m.version,
    n_shot: m.nShot,
    date: m.date,
    source: sourceName(m.path),
    mark: reasons.length === 0 ? null : reasons.map((reason) => noteText(reason)).join('; '),
    reasons,
    best: false,
  };
}

function averageOf(cells: Readonly<Record<string, Cell>>, benchmarks: readonly Benchmark[], language: Language): Writable<Average> | null {
  const own = benchmarks.filter((b) => b.language === language && b.own !== true);
  const counted = own.filter((b) => b.category !== BIAS);
  const present = counted.flatMap((b) => cells[b.name] ?? []);
  const mean = meanOf(present);
  if (mean === null) return null;
  const missing = counted.filter((b) => cells[b.name] === undefined).map((b) => b.name);
  const all = own.flatMap((b) => cells[b.name] ?? []);
  return {
    ...mean,
    present: present.length,
    total: counted.length,
    missing,
    complete: missing.length === 0,
    marked: present.some((c) => c.mark !== null || c.partial),
    comparable: present.every((c) => c.mark === null),
    best: false,
    with_bias: own.length > counted.length && all.length === own.length ? (meanOf(all)?.value ?? null) : null,
    gain: null,
    rank: null,
  };
}

function markBest(models: readonly OpenModel[], benchmarks: readonly Benchmark[]): void {
  for (const benchmark of benchmarks) {
    // Nothing is marked as best where less is better, or where values of another scale stand.
    if (factorOf(benchmark) !== 100) continue;
    const column = models.map((m) => m.cells[benchmark.name] ?? null);
    const best = clearBest(column.map((cell) => (cell === null || cell.mark !== null ? null : cell)));
    const cell = best === null ? null : at(column, best);
    if (cell !== null) cell.best = true;
  }
  for (const language of LANGUAGES) {
    const column = models.map((m) => m.averages[language]);
    const best = clearBest(column.map((a) => (a === null || !a.complete || a.marked ? null : a)));
    const average = best === null ? null : at(column, best);
    if (average !== null) average.best = true;
  }
}

function addRanks(models: readonly OpenModel[]): void {
  for (const language of LANGUAGES) {
    const column = models.map(({ averages }) => averages[language]);
    const ranks = rankRanges(column.map((a) => (a?.complete && a.comparable ? a : null)));
    for (const [i, average] of column.entries()) if (average !== null) average.rank = at(ranks, i);
  }
}

function addGains(models: readonly OpenModel[], base: Row | null): void {
  const from = models.find((m) => m.model === base?.model);
  if (from === undefined) return;
  for (const { averages } of models) {
    for (const language of LANGUAGES) {
      const [own, other] = [averages[language], from.averages[language]];
      if (own?.complete && other?.complete) own.gain = own.value - other.value;
    }
  }
}
