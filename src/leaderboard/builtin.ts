/** The built-in benchmarks and the paper's fingerprints, as the leaderboard needs them. */
import { recordedFingerprints } from '../prompts/fingerprint.js';
import { isGroup } from '../task-tree.js';
import { loadRegistry, selectTasks } from '../tasks/registry.js';
import { type BenchmarkFacts, benchmarkFacts } from './benchmark-facts.js';
import { benchmarksOf, ownBenchmarksOf } from './benchmarks.js';
import type { Benchmark } from './columns.js';
import type { Records } from './comparable.js';

/**
 * Returns the 29 benchmarks in the order of the paper's tables, and the fingerprints that the authors recorded; `own` names further
 * tasks (by name or file) that get columns beside them.
 */
export async function builtinBenchmarks(own: readonly string[] = []): Promise<{
  benchmarks: readonly Benchmark[];
  records: Records;
  /** Returns what the page says of each of them. */
  facts: () => Promise<Readonly<Record<string, BenchmarkFacts>>>;
}> {
  const registry = await loadRegistry();
  const added = own.length === 0 ? [] : await selectTasks(own, registry);
  const builtin = new Set(registry.benchmarks.map(({ name }) => name));
  const further = added.filter(({ name }) => !builtin.has(name));
  return {
    benchmarks: [...benchmarksOf(registry.benchmarks), ...ownBenchmarksOf(further)],
    facts: () => benchmarkFacts([...registry.benchmarks, ...further], new Set(further.map(({ name }) => name))),
    records: (name, family) => {
      const task = registry.entries.get(name);
      return task === undefined || isGroup(task) ? [] : (recordedFingerprints(task, family) ?? []);
    },
  };
}
