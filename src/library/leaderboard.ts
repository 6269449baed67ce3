import type { ArenaFit } from '../arena/fit.js';
import { type ArenaScores, readArenaScores, readFit } from '../arena/scores.js';
import { type Board, buildBoard } from '../leaderboard/board.js';
import { builtinBenchmarks } from '../leaderboard/builtin.js';
import { readNames } from '../leaderboard/names.js';
import { noteText } from '../leaderboard/notes.js';
import { publish } from '../leaderboard/publish.js';
import {
  type Checks,
  listOf,
  listWith,
  NAME,
  needed,
  type OneOrMore,
  type Optional,
  oneOf,
  oneOrMore,
  refuseAborted,
  SIGNAL,
  SWITCH,
} from '../options.js';
import { PAGE_LANGUAGES, type PageLanguage } from '../page/words.js';
import { RESULTS_CHECK, type Results } from './results.js';

export type LeaderboardOptions = {
  /** Folders of results files, which are searched recursively, or results. */
  readonly results: OneOrMore<string | Results>;
} & Optional<{
  /** Further tasks, by name or file, that get columns beside the 29 benchmarks. */
  tasks: readonly string[];
  /** Model against which gains and losses are told. */
  base: string;
  /** CSV file with `folder,table_name,arena_name`, and `released`, `family`, `link`, `paper` where they are known. */
  names: string;
  /** Files with arena scores to show beside. */
  arena: OneOrMore<string>;
  /** Take columns that mix versions, fingerprints, shots or documents, each odd cell marked. */
  mixed: boolean;
  /** Folder for `leaderboard.md`, `.csv`, `.json` and `.html`; nothing is written without it. */
  out: string;
  /** Heading of the page; its own one has a wording in every language. */
  title: string;
  /** Language of the page at first; the reader's browser decides without it. */
  lang: PageLanguage;
  /** Charts in the page (the default). */
  pictures: boolean;
  signal: AbortSignal;
}>;

export const LEADERBOARD_CHECKS: Checks<LeaderboardOptions> = {
  results: needed(oneOrMore('folders of results, or results (of evaluate or readResults)', RESULTS_CHECK)),
  tasks: listWith('names of tasks', NAME),
  base: NAME,
  names: NAME,
  arena: oneOrMore('files with arena scores', NAME),
  mixed: SWITCH,
  out: NAME,
  title: NAME,
  lang: oneOf(...PAGE_LANGUAGES),
  pictures: SWITCH,
  signal: SIGNAL,
};

/** The leaderboard as data, and the paths of the files that were written. */
export interface Leaderboard extends Board {
  /** The notes as English sentences, what is missing from the board first. */
  readonly remarks: readonly string[];
  readonly files: readonly string[];
}

/**
 * Builds a leaderboard. A result file that cannot be read is left out with a note. Throws `UserError` when there is nothing to show, or a column mixes different measurements (without `mixed`).
 */
export async function leaderboard(options: LeaderboardOptions): Promise<Leaderboard> {
  const { signal, out } = options;
  refuseAborted(signal);
  const names = options.names === undefined ? [] : await readNames(options.names);
  const arenas: ArenaScores[] = [];
  const fits: ArenaFit[] = [];
  for (const file of listOf(options.arena ?? [])) {
    arenas.push(...(await readArenaScores(file)));
    const fit = await readFit(file);
    if (fit !== null) fits.push(fit);
  }
  const { benchmarks, records, facts } = await builtinBenchmarks(options.tasks ?? []);
  refuseAborted(signal);
  const board = await buildBoard({
    dirs: listOf(options.results),
    benchmarks,
    names,
    namesGiven: options.names !== undefined,
    base: options.base ?? null,
    mixed: options.mixed ?? false,
    records,
  });
  refuseAborted(signal);
  const remarks = board.notes.map((note) => noteText(note));
  if (out === undefined) return { ...board, remarks, files: [] };
  const { title = null, lang: language = null, pictures = true } = options;
  return { ...board, remarks, files: await publish(board, { out, title, language, fits, arenas, pictures, facts: await facts() }) };
}
