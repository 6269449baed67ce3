/** What a metric's numbers mean: which direction is a gain, and whether they are shares, which are printed as points of 100. */

import { METRICS, isRightOrWrong as scoresRightOrWrong } from '../metrics/registry.js';
import { partsOfKey } from '../results/score-key.js';

/** Metrics of other programs of which less is better, for files that do not say. */
const LOWER: ReadonlySet<string> = new Set(['wer', 'cer', 'mse', 'rmse', 'mae', 'loss']);
/** Means of documents' outcomes from 0 to 1. Others (F1 from 0 to 100, BLEU, perplexity) stand for themselves. */
const SHARES = /^(?:acc(?:_.*)?|exact_match|em|f1(?:_.*)?|mc[12]|precision|recall|accuracy|contains|pass@\d+)$/;

/**
 * Returns whether more is better: what the files say of the metric (the first that says anything), else what is known of it by name.
 */
export function higherIsBetter(key: string, said: readonly (boolean | undefined)[]): boolean {
  const [metric] = partsOfKey(key);
  return said.find((one) => one !== undefined) ?? METRICS.get(metric)?.higherIsBetter ?? !LOWER.has(metric);
}

/**
 * Returns whether a metric is a share by name; its values must still lie from 0 to 1.
 */
export function isShareName(key: string): boolean {
  return SHARES.test(partsOfKey(key)[0]);
}

/**
 * Returns whether the score of a task under this key is the plain mean of right-or-wrong outcomes, so that samples and summary must agree.
 */
export function isRightOrWrong(key: string): boolean {
  return scoresRightOrWrong(partsOfKey(key)[0]);
}
