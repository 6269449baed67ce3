/** The built-in benchmarks and the paper's fingerprints, as the leaderboard needs them. */
import { recordedFingerprints } from '../prompts/fingerprint.js';
import { loadRegistry } from '../tasks/registry.js';
import { isGroup } from '../tasks/tree.js';
import { type Benchmark, benchmarksOf } from './benchmarks.js';
import type { Records } from './comparable.js';

/**
 * Returns the 29 benchmarks in the order of the paper's tables, and the fingerprints that the authors recorded.
 */
export async function builtinBenchmarks(): Promise<{ benchmarks: readonly Benchmark[]; records: Records }> {
  const registry = await loadRegistry();
  return {
    benchmarks: benchmarksOf(registry.benchmarks),
    records: (name, family) => {
      const task = registry.entries.get(name);
      return task === undefined || isGroup(task) ? [] : (recordedFingerprints(task, family) ?? []);
    },
  };
}
