/** The package's benchmarks as a comparison needs them. */

import { leavesOf } from '../task-tree.js';
import { loadRegistry } from '../tasks/registry.js';
import type { KnownBenchmark } from './benchmarks.js';

/**
 * Returns the 29 benchmarks in the order of the paper's tables. Throws `UserError` when a task file is broken.
 */
export async function knownBenchmarks(): Promise<KnownBenchmark[]> {
  const { benchmarks } = await loadRegistry();
  return benchmarks.map((entry) => ({
    name: entry.name,
    language: entry.meta.language,
    category: entry.meta.category,
    headline: entry.meta.headlineMetric,
    leaves: leavesOf(entry).map((task) => task.name),
  }));
}
