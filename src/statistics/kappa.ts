/** Agreement of two raters who label the same items. */

export interface KappaResult {
  readonly n: number;
  /** Share of items with the same label. */
  readonly agreement: number;
  /**
   * Cohen's kappa (Educational and Psychological Measurement 20, 1960); null where only one label is in use by both, so that chance
   * agreement is 1.
   */
  readonly kappa: number | null;
}

/**
 * Returns agreement and kappa of pairs of labels (at least one pair).
 */
export function cohenKappa(pairs: readonly (readonly [string, string])[]): KappaResult {
  const n = pairs.length;
  const [first, second] = [new Map<string, number>(), new Map<string, number>()];
  let same = 0;
  for (const [a, b] of pairs) {
    first.set(a, (first.get(a) ?? 0) + 1);
    second.set(b, (second.get(b) ?? 0) + 1);
    if (a === b) same += 1;
  }
  const agreement = same / n;
  const chance = [...first].reduce((sum, [label, count]) => sum + (count * (second.get(label) ?? 0)) / (n * n), 0);
  return { n, agreement, kappa: chance === 1 ? null : (agreement - chance) / (1 - chance) };
}
