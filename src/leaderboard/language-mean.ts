/** A model's mean over a language's benchmarks, as correlations with arena scores take it. Runs in the leaderboard's page too. */

import type { Language } from '../types.js';
import type { BoardModel } from './board.js';
import { BIAS } from './columns.js';

/**
 * Returns a model's average of a language, with or without the bias benchmark where the language has one; null when a benchmark is missing.
 */
export function languageMean(model: BoardModel, language: Language, withBias: boolean): number | null {
  const average = model.averages[language];
  if (!average?.complete) return null;
  return withBias && BIAS in model.categories[language] ? average.with_bias : average.value;
}
