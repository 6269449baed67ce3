/** Scores of a multiple-choice document from the log-probabilities of its choices. */

/**
 * Returns the index of the largest value, the first on ties, and the first NaN if there is one: numpy's `argmax`, by which the
 * harness decides (0/0 of an empty choice's normalised score is the only NaN that can get here). -1 for an empty list.
 */
export function argmax(values: readonly number[]): number {
  let best = -1;
  let most = Number.NaN;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) return i;
    if (best === -1 || value > most) [best, most] = [i, value];
  }
  return best;
}

/**
 * Returns the choice with the largest log-probability.
 */
export function predictByScore(logprobs: readonly number[]): number {
  return argmax(logprobs);
}

/**
 * Returns the choice with the largest log-probability per unit of length. `choices` are the texts without delimiter.
 */
export function predictByLength(logprobs: readonly number[], choices: readonly string[], length: (choice: string) => number): number {
  return argmax(logprobs.map((logprob, i) => logprob / length(choices[i] ?? '')));
}

/**
 * Tells whether a choice is right: the one, or one of those, that the target names.
 */
export function isRight(predicted: number, gold: number | readonly number[]): boolean {
  return goldList(gold).includes(predicted);
}

/**
 * Returns the right choices as a list.
 */
export function goldList(gold: number | readonly number[]): readonly number[] {
  return typeof gold === 'number' ? [gold] : gold;
}

/**
 * Returns the probabilities of the choices among themselves: exp(logprob) divided by the sum of all.
 */
export function softmax(logprobs: readonly number[]): readonly number[] {
  const most = Math.max(...logprobs);
  const powers = logprobs.map((logprob) => Math.exp(logprob - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/**
 * Returns the first choice all of whose tokens were the model's own greedy pick, and only if there is none the one with the
 * largest log-probability: how the bias benchmarks predict.
 */
export function predictGreedyFirst(logprobs: readonly number[], greedy: readonly boolean[]): number {
  const first = greedy.indexOf(true);
  return first === -1 ? argmax(logprobs) : first;
}
