/** Scores as JSON lines: what a tracker (trackio, W&B) or a table takes with a few lines of one's own. */
import type { ResultFile } from '../results/read.js';
import { partsOfKey } from '../results/score-key.js';
import { variantSuffix } from './model-info.js';

/**
 * Returns one line for each score of a results file, without line ends; a revision or an adapter is a model of its own. A value that JSON has no word for (NaN) is null.
 */
export function scoreLines(file: ResultFile, modelId: string): string[] {
  return [...file.tasks.values()].flatMap((task) =>
    [...task.estimates].map(([key, { value, stderr }]) => {
      const [metric, filter] = partsOfKey(key);
      return JSON.stringify({
        model: modelId + variantSuffix(file),
        date: file.date,
        prompt: file.family,
        variation: file.variation,
        task: task.name,
        metric,
        filter,
        value: Number.isFinite(value) ? value : null,
        stderr,
        documents: task.samples?.effective ?? null,
        num_fewshot: task.nShot,
        is_group: task.isGroup,
      });
    }),
  );
}
