import { uniqueLeaves } from '../task-tree.js';
import type { Estimate, Group, MetricValue, ScoreTable, Task } from '../types.js';
import { pooledStandardError, weightedMean } from './pooled.js';

/** Scores of a task's documents: filter -> metric -> one value per scored document, in order. */
export type TaskRows = ReadonlyMap<string, ReadonlyMap<string, readonly MetricValue[]>>;

/**
 * Returns the scores of one task over its scored documents, under the harness's keys (`acc,none`). A standard error is
 * null where there is none (bias, fewer than two documents). A metric without any value is left out.
 */
export function aggregateTask(task: Task, rows: TaskRows, samples: number, bootstrapIterations?: number): ScoreTable {
  const estimates: Record<string, Estimate> = {};
  for (const [filter, metrics] of rows) {
    for (const metric of task.metrics) {
      const values = metrics.get(metric.metric) ?? [];
      if (values.length > 0) estimates[`${metric.metric},${filter}`] = metric.estimate(values, bootstrapIterations);
    }
  }
  return { name: task.name, alias: task.alias, estimates, samples };
}

/**
 * Returns the score of a group from the tables of its tasks (`tables`: by task name), or null when the group only gathers tasks or
 * none of its tasks has a score. Each metric is the mean over the leaves that have it, weighted by their documents unless the
 * group says otherwise; its standard error is the pooled one, null where a leaf has none. Leaves that have no score at all are
 * named in `missing`.
 */
export function aggregateGroup(group: Group, tables: ReadonlyMap<string, ScoreTable>): ScoreTable | null {
  const leaves = uniqueLeaves([group]).map(({ name }) => name);
  const present = leaves.flatMap((name) => tables.get(name) ?? []).filter((table) => Object.keys(table.estimates).length > 0);
  const estimates: Record<string, Estimate> = {};
  for (const { metric, filters, weightBySize } of group.aggregate) {
    for (const key of filters.map((filter) => `${metric},${filter}`)) {
      const parts = present.flatMap((table) => {
        const estimate = table.estimates[key];
        return estimate === undefined ? [] : [{ ...estimate, size: table.samples }];
      });
      if (parts.length === 0) continue;
      estimates[key] = { value: weightedMean(parts, weightBySize), stderr: pooledStandardError(parts) };
    }
  }
  if (Object.keys(estimates).length === 0) return null;
  const missing = leaves.filter((name) => !present.some((table) => table.name === name));
  const samples = present.reduce((sum, table) => sum + table.samples, 0);
  return { name: group.name, alias: group.alias, estimates, samples, ...(missing.length > 0 ? { missing } : {}) };
}
