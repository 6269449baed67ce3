/** The built-in benchmarks and the user's own as columns of the leaderboard. */
import { UserError } from '../errors.js';
import { METRICS } from '../metrics/registry.js';
import { leavesOf } from '../task-tree.js';
import type { Group, Task } from '../types.js';
import type { Benchmark } from './columns.js';

/** Keys under which API models record letter choice, where `acc` has no meaning. */
export const API_METRIC_KEY = 'exact_match,strict_match';

/**
 * Returns the benchmarks among the roots of a task registry, in the registry's order; what names no language is no benchmark of the paper.
 */
export function benchmarksOf(roots: readonly (Group | Task)[]): Benchmark[] {
  return roots.flatMap((root) => {
    const { language, category, headlineMetric, documents } = root.meta;
    if (language === null || category === null) return [];
    const metricKey = headlineMetric.includes(',') ? headlineMetric : `${headlineMetric},none`;
    const leaves = leavesOf(root);
    const metric = metricKey.slice(0, metricKey.indexOf(','));
    const lower = leaves[0]?.metrics.find((m) => m.metric === metric)?.higherIsBetter === false;
    return [
      {
        name: root.name,
        language,
        category,
        metricKey,
        documents,
        leaves: leaves.map(({ name }) => name),
        ...(lower ? { lowerIsBetter: true } : {}),
      },
    ];
  });
}

/**
 * Returns benchmarks of the user's own as columns. Throws `UserError` for one that does not say its language and category.
 */
export function ownBenchmarksOf(roots: readonly (Group | Task)[]): Benchmark[] {
  const silent = roots.find(({ meta }) => meta.language === null || meta.category === null);
  if (silent !== undefined)
    throw new UserError(
      `${silent.file}: metadata: a column of the leaderboard needs language (eu, en or es) and category, as in metadata: {language: eu, category: trivia}`,
    );
  return benchmarksOf(roots).map((benchmark) => ({ ...benchmark, own: true }));
}

/**
 * Tells what a value of a benchmark is multiplied by to be shown: shares are shown in percent, other metrics (BLEU, perplexity) as they are.
 */
export function factorOf({ metricKey, own }: Pick<Benchmark, 'metricKey' | 'own'>): 1 | 100 {
  const scale = own === true ? METRICS.get(metricKey.slice(0, metricKey.indexOf(',')))?.scale : undefined;
  return scale === 'percent' || scale === 'number' ? 1 : 100;
}
