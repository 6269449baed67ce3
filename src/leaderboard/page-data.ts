/** What the page is made from: it lies in the page as JSON, and the script draws everything from it. */

import type { ArenaFit } from '../arena/fit.js';
import type { ArenaScores } from '../arena/scores.js';
import type { CorrelationRow } from '../leaderboard/correlate.js';
import type { PageLanguage } from '../page/words.js';
import type { BenchmarkFacts } from './benchmark-facts.js';
import type { Board } from './board.js';

/** The arena of one question. */
export interface ArenaPart {
  readonly scores: ArenaScores;
  /** With ranks and win shares, where the file had them. */
  readonly fit: ArenaFit | null;
  /** Model of the board behind a name of the arena. */
  readonly models: Readonly<Record<string, string>>;
  /** Correlations with the language averages, as `arena correlate` gives them. */
  readonly rho: readonly CorrelationRow[];
  /** Models of the board that those are over. */
  readonly compared: readonly string[];
}

export interface PageData {
  /** Null for the page's own title, which has a wording in every language. */
  readonly title: string | null;
  /** The language that was asked for; null follows the browser. */
  readonly language: PageLanguage | null;
  readonly version: string;
  readonly pictures: boolean;
  readonly board: Board;
  readonly facts: Readonly<Record<string, BenchmarkFacts>>;
  readonly arena: readonly ArenaPart[];
}
