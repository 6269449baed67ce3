import type { Question } from '../arena/battles.js';
import { type ArenaScores, readArenaScores } from '../arena/scores.js';
import { UserError } from '../errors.js';
import { buildBoard } from '../leaderboard/board.js';
import { builtinBenchmarks } from '../leaderboard/builtin.js';
import { type CorrelationRow, correlations } from '../leaderboard/correlate.js';
import { correlationCsv } from '../leaderboard/correlation-report.js';
import { readNames } from '../leaderboard/names.js';
import { isAlert, noteText } from '../leaderboard/notes.js';
import { PAPER_NAMES } from '../leaderboard/paper-names.js';
import { writeFiles } from '../leaderboard/write-files.js';

export interface CorrelateOptions {
  /** Files with arena scores. */
  readonly arena: readonly string[];
  /** Folders of results. */
  readonly results: readonly string[];
  /** CSV file with `folder,table_name,arena_name`; the paper's models without it. */
  readonly names?: string;
  /** Only this question. */
  readonly question?: Question;
  /** Averages with the bias benchmark. */
  readonly bias: boolean;
  readonly allSizes: boolean;
  readonly perBenchmark: boolean;
  readonly mixed: boolean;
  /** Folder for the correlations as JSON and CSV, and a plot. */
  readonly out?: string;
}

export interface Correlations {
  readonly rows: readonly CorrelationRow[];
  readonly leftOut: readonly string[];
  /** Paths of what was written. */
  readonly files: readonly string[];
}

/**
 * Correlates arena scores with benchmark averages. Throws `UserError` when a file of scores is broken, two files answer one question, or no model has both.
 */
export async function correlate(options: CorrelateOptions): Promise<Correlations> {
  const read: ArenaScores[] = [];
  for (const file of options.arena) read.push(...(await readArenaScores(file)));
  const { question } = options;
  const arenas = question === undefined ? read : read.filter((a) => a.question === question);
  if (arenas.length === 0)
    throw new UserError(`no arena scores on the question '${question}'; given: ${read.map((a) => a.question).join(', ')}`);
  const twice = arenas.find((a, i) => arenas.findIndex((b) => b.question === a.question) !== i);
  if (twice !== undefined) throw new UserError(`--arena: two files with scores on the question '${twice.question}'; give one each`);
  const { benchmarks, records } = await builtinBenchmarks();
  const names = options.names === undefined ? PAPER_NAMES : await readNames(options.names);
  const board = await buildBoard({ dirs: options.results, benchmarks, names, base: null, mixed: options.mixed, records });
  const { bias: withBias, allSizes, perBenchmark } = options;
  const { rows, leftOut: unmatched } = correlations(board, arenas, { withBias, allSizes, perBenchmark });
  const leftOut = [...board.notes.filter(isAlert).map((note) => noteText(note)), ...unmatched];
  if (rows.every((r) => r.n === 0))
    throw new UserError('no model has both arena and benchmark scores; say which belong together with --names FILE');
  if (options.out === undefined) return { rows, leftOut, files: [] };
  const { correlationPictures } = await import('../leaderboard/correlation-pictures.js');
  const pictures = correlationPictures(board, arenas, options).map(({ name, svg }): [string, string] => [`correlation-${name}.svg`, svg]);
  const written = new Map([
    ['correlations.json', `${JSON.stringify(rows, null, 1)}\n`],
    ['correlations.csv', correlationCsv(rows)],
    ...pictures,
  ]);
  return { rows, leftOut, files: await writeFiles(options.out, written) };
}
