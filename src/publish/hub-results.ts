/**
 * Evaluation results as model repositories of the hub hold them, `.eval_results/*.yaml`: one file a data set, one entry a benchmark
 * (huggingface.co/docs/hub/eval-results). The hub shows an entry where its data set is registered as a benchmark with that task.
 */
import { stringify } from 'yaml';
import { METRICS } from '../metrics/registry.js';
import { leavesOf } from '../results/group-tree.js';
import type { ResultFile } from '../results/read.js';
import { partsOfKey } from '../results/score-key.js';
import type { Headline } from './headline.js';
import { folderPart, isPublicName } from './names.js';

/** Who vouches for results: a page with traces, or a paper. */
export interface Source {
  readonly url: string;
  readonly name: string | null;
}

/** One entry of a file. */
export interface HubEntry {
  readonly dataset: { readonly id: string; readonly task_id: string };
  /** In percent where the metric is a share. */
  readonly value: number;
  readonly date: string;
  readonly source?: { readonly url: string; readonly name?: string };
  readonly notes: string;
}

/**
 * Returns the entries of a results file by data set, and notes on benchmarks that have none: a part of the documents, or data that are not on the hub.
 * `taskIds` names the hub's task of a benchmark where it is not called as here.
 */
export function hubEntriesOf(
  file: ResultFile,
  headlines: readonly Headline[],
  options: { readonly source: Source | null; readonly taskIds: ReadonlyMap<string, string> },
): { readonly entries: ReadonlyMap<string, readonly HubEntry[]>; readonly notes: readonly string[] } {
  const entries = new Map<string, HubEntry[]>();
  const notes: string[] = [];
  if (file.variation !== '')
    return {
      entries,
      notes: [`${file.modelName}: results with ${file.variation} have no entries for the hub: others have the examples that the tasks say`],
    };
  for (const { task, key, documents } of headlines) {
    const estimate = task.estimates.get(key);
    if (estimate === undefined || !Number.isFinite(estimate.value)) continue;
    const leaves = leavesOf(task.name, file.groupSubtasks).flatMap((name) => file.tasks.get(name) ?? []);
    const datasets = new Set(leaves.map(({ facts }) => facts?.datasetPath ?? ''));
    const [dataset = ''] = datasets;
    if (datasets.size !== 1 || !isPublicName(dataset)) {
      notes.push(`${task.name} has no entry for the hub: its data are not one data set of the hub`);
      continue;
    }
    const counts = leaves.map(({ own, samples }) => ({
      scored: own?.scored ?? samples?.effective ?? null,
      all: samples?.original ?? null,
    }));
    const total = counts.reduce((sum, one) => sum + (one.scored ?? 0), 0);
    if (counts.some(({ scored, all }) => scored === null || all === null || scored < all) || (documents !== null && total < documents)) {
      notes.push(`${task.name} has no entry for the hub: only a part of its documents was scored`);
      continue;
    }
    const scale = METRICS.get(partsOfKey(key)[0])?.scale;
    const factor = scale === 'right or wrong' || scale === 'share' ? 100 : 1;
    const shots = new Set(leaves.map(({ nShot }) => nShot));
    const [shot] = shots;
    const origins = new Set(leaves.map(({ own }) => own?.prompts ?? 'unknown'));
    const entry: HubEntry = {
      dataset: { id: dataset, task_id: options.taskIds.get(task.name) ?? task.name },
      value: factor * estimate.value,
      date: new Date(file.date * 1000).toISOString().slice(0, 10),
      ...(options.source === null
        ? {}
        : { source: { url: options.source.url, ...(options.source.name === null ? {} : { name: options.source.name }) } }),
      notes: [
        `eus-eval${file.eusEvalVersion === null ? ' (read from lm-eval)' : ` ${file.eusEvalVersion}`}`,
        task.name,
        `${key}${factor === 100 ? ' in percent' : ''}`,
        ...(estimate.stderr === null ? [] : [`standard error ${factor * estimate.stderr}`]),
        `${file.family} prompt`,
        ...(shots.size === 1 && shot != null ? [`${shot}-shot`] : []),
        `${total} documents`,
        ...(origins.size === 1 && origins.has('match') ? ["the paper's prompts"] : []),
      ].join('; '),
    };
    entries.set(dataset, [...(entries.get(dataset) ?? []), entry]);
  }
  return { entries, notes };
}

/** The folder of these files in a model's repository. */
export const HUB_FOLDER = '.eval_results';

/**
 * Returns the name of the file of a data set.
 */
export function hubFileName(dataset: string): string {
  return `${folderPart(dataset.replaceAll('/', '__'))}.yaml`;
}

/**
 * Returns entries as the text of a file; dates stay texts for YAML 1.1, too.
 */
export function hubYaml(entries: readonly HubEntry[]): string {
  return stringify(entries, { lineWidth: 0, version: '1.1' });
}
