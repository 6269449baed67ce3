/** Arena scores against benchmark scores. */

import type { Question } from '../arena/battles.js';
import type { ArenaScores } from '../arena/scores.js';
import { spearman } from '../statistics/spearman.js';
import type { Language } from '../types.js';
import type { Board, BoardModel } from './board.js';
import { LANGUAGES } from './columns.js';
import { languageMean } from './language-mean.js';

/** One correlation: of a language average, or of one benchmark. `rho` and `p` are null when fewer than three models have both. */
export interface CorrelationRow {
  readonly language: Language;
  readonly question: Question;
  readonly rho: number | null;
  readonly p: number | null;
  readonly n: number;
  /** Present for a single benchmark. */
  readonly benchmark?: string;
}

/** A model that has both scores. */
export interface Matched {
  readonly model: BoardModel;
  /** Its name among the arena scores. */
  readonly arena: string;
}

export interface Matching {
  readonly matched: readonly Matched[];
  /** Arena models without results, and models of another size, each with the reason. */
  readonly leftOut: readonly string[];
}

/** Relative difference in parameters up to which models count as of one size. */
const SAME_SIZE = 0.2;

/**
 * Finds the results of the arena's models. A model is found by its arena name, table name, folder or own name, and counts once, under whatever names it
 * was published: two arena names that lead to the same results are one model (the first counts). Unless `allSizes`, only the models of the commonest size
 * (number of parameters) are kept: across sizes a correlation would mostly say that larger models are better.
 */
export function matchModels(board: Board, arenaNames: readonly string[], allSizes: boolean): Matching {
  const leftOut: string[] = [];
  const byModel = new Map<BoardModel, string>();
  for (const arena of arenaNames) {
    const model =
      board.models.find((m) => m.arena_name === arena) ??
      board.models.find((m) => m.model === arena) ??
      board.models.find((m) => m.folder === arena || m.model_name === arena);
    const earlier = model === undefined ? undefined : byModel.get(model);
    if (model === undefined) leftOut.push(`${arena}: no results`);
    else if (earlier !== undefined) leftOut.push(`${arena}: the same model as ${earlier}`);
    else byModel.set(model, arena);
  }
  const matched = [...byModel].map(([model, arena]) => ({ model, arena }));
  if (allSizes) return { matched, leftOut };
  const size = commonSize(matched.flatMap(({ model }) => model.parameters ?? []));
  if (size === null) return { matched, leftOut };
  const kept = matched.filter(({ model, arena }) => {
    const fits = model.parameters !== null && Math.abs(model.parameters / size - 1) <= SAME_SIZE;
    if (!fits)
      leftOut.push(
        `${arena}: ${model.parameters === null ? 'unknown size' : `${billions(model.parameters)} parameters`}, most have ${billions(size)}`,
      );
    return fits;
  });
  return { matched: kept, leftOut };
}

function commonSize(sizes: readonly number[]): number | null {
  let best: number | null = null;
  let most = 0;
  for (const size of sizes) {
    const near = sizes.filter((s) => Math.abs(s / size - 1) <= SAME_SIZE).length;
    if (near > most) [best, most] = [size, near];
  }
  return best;
}

function billions(parameters: number): string {
  return `${(parameters / 1e9).toFixed(1)} billion`;
}

/**
 * Returns Spearman correlations of arena scores with the average of every language, questions in the order content, language, global; with `perBenchmark` then
 * also those of every single benchmark. `withBias` takes the bias benchmark's accuracy into the averages, as the paper's figure does. Models without a
 * complete average are left out of that language.
 */
export function correlations(
  board: Board,
  arenas: readonly ArenaScores[],
  options: { readonly withBias: boolean; readonly allSizes: boolean; readonly perBenchmark: boolean },
): { rows: CorrelationRow[]; leftOut: string[] } {
  const order: readonly Question[] = ['content', 'language', 'global'];
  const sorted = [...arenas].sort((a, b) => order.indexOf(a.question) - order.indexOf(b.question));
  const leftOut = new Set<string>();
  const matchings = sorted.map((arena) => {
    const matching = matchModels(
      board,
      arena.scores.map((s) => s.model),
      options.allSizes,
    );
    for (const line of matching.leftOut) leftOut.add(line);
    return { arena, matching };
  });
  const rows: CorrelationRow[] = [];
  for (const language of LANGUAGES) {
    for (const { arena, matching } of matchings)
      rows.push({ language, question: arena.question, ...against(arena, matching, (m) => languageMean(m, language, options.withBias)) });
  }
  if (options.perBenchmark) {
    for (const benchmark of board.benchmarks) {
      for (const { arena, matching } of matchings) {
        const result = against(arena, matching, (m) => m.cells[benchmark.name]?.value ?? null);
        rows.push({ language: benchmark.language, question: arena.question, benchmark: benchmark.name, ...result });
      }
    }
  }
  return { rows, leftOut: [...leftOut] };
}

function against(
  arena: ArenaScores,
  matching: Matching,
  read: (model: BoardModel) => number | null,
): { rho: number | null; p: number | null; n: number } {
  const scores = new Map(arena.scores.map((s) => [s.model, s.score]));
  const pairs = matching.matched.flatMap(({ model, arena: name }) => {
    const [value, score] = [read(model), scores.get(name)];
    return value === null || score === undefined ? [] : [[score, value] as const];
  });
  const result = spearman(
    pairs.map(([score]) => score),
    pairs.map(([, value]) => value),
  );
  return result ?? { rho: null, p: null, n: pairs.length };
}
