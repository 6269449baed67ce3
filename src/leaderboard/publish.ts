/** From a board to its four files. */

import type { ArenaFit } from '../arena/fit.js';
import type { ArenaScores } from '../arena/scores.js';
import { pageScript } from '../page/document.js';
import type { PageLanguage } from '../page/words.js';
import { VERSION } from '../version.js';
import type { BenchmarkFacts } from './benchmark-facts.js';
import type { Board } from './board.js';
import { correlations, matchModels } from './correlate.js';
import { boardCsv } from './csv.js';
import { boardJson } from './json.js';
import { boardMarkdown } from './markdown.js';
import { pageHtml } from './page.js';
import type { ArenaPart } from './page-data.js';
import { writeFiles } from './write-files.js';

export interface PublishOptions {
  readonly out: string;
  /** Null for the page's own title. */
  readonly title: string | null;
  /** Language of the page; null follows the browser. */
  readonly language: PageLanguage | null;
  readonly fits: readonly ArenaFit[];
  /** Arena scores to show beside the averages. */
  readonly arenas: readonly ArenaScores[];
  readonly pictures: boolean;
  /** What the page says of the benchmarks. */
  readonly facts: Readonly<Record<string, BenchmarkFacts>>;
}

/**
 * Writes `leaderboard.md`, `.csv`, `.json` and `.html` into a folder and returns their paths. Throws `UserError` when the folder cannot be written.
 */
export async function publish(board: Board, options: PublishOptions): Promise<string[]> {
  const { title, language, pictures, facts } = options;
  const arena = options.arenas.map((scores) => arenaPart(board, scores, options.fits));
  const page = pageHtml({ title, language, version: VERSION, pictures, board, facts, arena }, await pageScript('leaderboard'));
  return writeFiles(
    options.out,
    new Map([
      ['leaderboard.md', `${boardMarkdown(board)}\n`],
      ['leaderboard.csv', boardCsv(board)],
      ['leaderboard.json', boardJson(board, VERSION)],
      ['leaderboard.html', page],
    ]),
  );
}

/** The choices of `arena correlate`: models of the commonest size, averages with the bias benchmark. */
const CORRELATED = { withBias: true, allSizes: false, perBenchmark: false } as const;

function arenaPart(board: Board, scores: ArenaScores, fits: readonly ArenaFit[]): ArenaPart {
  const names = scores.scores.map((score) => score.model);
  const { matched } = matchModels(board, names, true);
  const compared = matchModels(board, names, CORRELATED.allSizes).matched;
  return {
    scores,
    fit: fits.find((fit) => fit.question === scores.question) ?? null,
    models: Object.fromEntries(matched.map(({ model, arena }) => [arena, model.model])),
    rho: correlations(board, [scores], CORRELATED).rows,
    compared: compared.map(({ model }) => model.model),
  };
}
