/** Which tasks of a results file are benchmarks, and which of their scores stands for them. */
import { treeOf } from '../results/group-tree.js';
import type { ResultFile, TaskResult } from '../results/read.js';

/** What is known of a built-in benchmark. */
export interface Known {
  /** Key of its headline score, `metric,filter`. */
  readonly metricKey: string;
  /** Documents of the whole benchmark, null where unknown. */
  readonly documents: number | null;
}

/** A benchmark with the score that stands for it. */
export interface Headline {
  readonly task: TaskResult;
  /** `metric,filter`. */
  readonly key: string;
  /** Documents of the whole benchmark, null where nobody says. */
  readonly documents: number | null;
}

/**
 * Returns the benchmarks of a results file: what is no part of a group, with its headline score. `known` has the built-in ones by name; of
 * others the file itself says it, else the first score counts.
 */
export function headlinesOf(file: ResultFile, known: ReadonlyMap<string, Known>): Headline[] {
  const parts = new Set([...file.groupSubtasks.keys()].flatMap((name) => treeOf(name, file.groupSubtasks).filter((one) => one !== name)));
  return [...file.tasks.values()].flatMap((task) => {
    if (parts.has(task.name)) return [];
    const wanted = known.get(task.name)?.metricKey ?? task.about.headlineMetric;
    const keys = [...task.estimates.keys()];
    const key = (wanted === null ? undefined : keys.find((one) => one === wanted || one === `${wanted},none`)) ?? keys[0];
    return key === undefined ? [] : [{ task, key, documents: known.get(task.name)?.documents ?? null }];
  });
}
