/** How far raters agree on the labels of the same items. A number that is not defined is null. */
import { mean } from 'simple-statistics';
import { countOf, sumOf } from './sums.js';

/** Labels of one item by rater; those who gave none are not in it. */
export type Labels = ReadonlyMap<string, string>;

/**
 * Returns the mean over all pairs of raters of the share of items, among those that both labelled, on which they agree; null where no item has two labels.
 */
export function meanPairwiseAgreement(items: readonly Labels[]): number | null {
  const pairs = new Map<string, { both: number; same: number }>();
  for (const labels of items) {
    const entries = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [i, [first, one]] of entries.entries()) {
      for (const [second, other] of entries.slice(i + 1)) {
        const key = JSON.stringify([first, second]);
        const pair = pairs.get(key) ?? { both: 0, same: 0 };
        pair.both++;
        if (one === other) pair.same++;
        pairs.set(key, pair);
      }
    }
  }
  return pairs.size === 0 ? null : mean([...pairs.values()].map(({ both, same }) => same / both));
}

/** Items of at least two labels each: labels in all, pairs of unlike labels, each item's as a share of what its number of labels allows, and how often each label occurs. */
function disagreements(items: readonly Labels[]): { n: number; unlike: number; totals: ReadonlyMap<string, number> } {
  const totals = countOf(items.flatMap((labels) => [...labels.values()]));
  let [n, unlike] = [0, 0];
  for (const labels of items) {
    n += labels.size;
    for (const count of countOf(labels.values()).values()) unlike += (count * (labels.size - count)) / (labels.size - 1);
  }
  return { n, unlike, totals };
}

/**
 * Returns Fleiss' kappa (Psychological Bulletin 76, 1971) of items that have equally many labels, at least two; null where only one label is in use.
 */
export function fleissKappa(items: readonly Labels[]): number | null {
  const { n, unlike, totals } = disagreements(items);
  if (totals.size < 2) return null;
  const expected = sumOf(totals.values(), (count) => (count / n) ** 2);
  return (1 - unlike / n - expected) / (1 - expected);
}

/**
 * Returns Krippendorff's alpha for nominal data of items that have at least two labels each: 1 - observed / expected disagreement. Missing labels are no trouble for it. Null where only
 * one label is in use.
 */
export function krippendorffAlpha(items: readonly Labels[]): number | null {
  const { n, unlike, totals } = disagreements(items);
  return totals.size < 2 ? null : 1 - ((n - 1) * unlike) / sumOf(totals.values(), (count) => count * (n - count));
}

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
 * Returns agreement and kappa of two raters, from their pairs of labels (at least one pair).
 */
export function cohenKappa(pairs: readonly (readonly [string, string])[]): KappaResult {
  const n = pairs.length;
  const second = countOf(pairs.map(([, label]) => label));
  const agreement = pairs.filter(([a, b]) => a === b).length / n;
  const chance = sumOf(countOf(pairs.map(([label]) => label)), ([label, count]) => (count * (second.get(label) ?? 0)) / (n * n));
  return { n, agreement, kappa: chance === 1 ? null : (agreement - chance) / (1 - chance) };
}
