import type { Label } from './labels.js';

/** How far annotators agree on the labels of the same answers. A number that is not defined (no pair, or only one label in use) is null. */
export interface Agreement {
  /** Answers with at least two labels. */
  readonly items: number;
  readonly ratings: number;
  readonly annotators: number;
  /** Mean over all pairs of annotators of the share of answers, among those that both labelled, on which they agree. */
  readonly pairwise: number | null;
  /** Fleiss' kappa (Psychological Bulletin 76, 1971), over the answers that have the largest number of labels: it wants equally many for each. */
  readonly fleissKappa: number | null;
  readonly fleissItems: number;
  /** Krippendorff's alpha for nominal data; missing labels are no trouble for it. */
  readonly krippendorffAlpha: number | null;
}

type Labels = ReadonlyMap<string, Label>;

/**
 * Returns the agreement over answers, each given as its labels by annotator.
 */
export function agreementOf(answers: readonly Labels[]): Agreement {
  const rated = answers.filter((labels) => labels.size >= 2);
  const most = rated.reduce((largest, labels) => Math.max(largest, labels.size), 0);
  const full = rated.filter((labels) => labels.size === most);
  return {
    items: rated.length,
    ratings: rated.reduce((sum, labels) => sum + labels.size, 0),
    annotators: new Set(answers.flatMap((labels) => [...labels.keys()])).size,
    pairwise: meanPairwise(rated),
    fleissKappa: fleiss(full, most),
    fleissItems: full.length,
    krippendorffAlpha: krippendorff(rated),
  };
}

function meanPairwise(rated: readonly Labels[]): number | null {
  const pairs = new Map<string, { both: number; same: number }>();
  for (const labels of rated) {
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
  const shares = [...pairs.values()].map(({ both, same }) => same / both);
  return shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function countsOf(labels: Labels): Map<Label, number> {
  const counts = new Map<Label, number>();
  for (const label of labels.values()) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function fleiss(items: readonly Labels[], raters: number): number | null {
  if (items.length === 0) return null;
  const totals = new Map<Label, number>();
  let observed = 0;
  for (const labels of items) {
    let pairs = 0;
    for (const [label, count] of countsOf(labels)) {
      totals.set(label, (totals.get(label) ?? 0) + count);
      pairs += count * (count - 1);
    }
    observed += pairs / (raters * (raters - 1));
  }
  observed /= items.length;
  let expected = 0;
  for (const total of totals.values()) expected += (total / (items.length * raters)) ** 2;
  return totals.size < 2 ? null : (observed - expected) / (1 - expected);
}

/** Alpha = 1 - observed / expected disagreement, from the coincidences of labels within answers. */
function krippendorff(rated: readonly Labels[]): number | null {
  const totals = new Map<Label, number>();
  let disagreements = 0;
  let n = 0;
  for (const labels of rated) {
    const m = labels.size;
    n += m;
    for (const [label, count] of countsOf(labels)) {
      totals.set(label, (totals.get(label) ?? 0) + count);
      disagreements += (count * (m - count)) / (m - 1);
    }
  }
  if (totals.size < 2) return null;
  let expected = 0;
  for (const total of totals.values()) expected += total * (n - total);
  return 1 - ((n - 1) * disagreements) / expected;
}
