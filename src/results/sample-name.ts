/** Names of sample files: beside the results file, with the same time in the name. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** `full`: one line per document and filter, as the harness writes them. `compact`: the same lines, packed by gzip. */
export type SamplesForm = 'full' | 'compact';

const SUFFIX: Readonly<Record<SamplesForm, string>> = { full: '.jsonl', compact: '.jsonl.gz' };

/**
 * Returns the name of the sample file of a task; `time` is that of the results file's name.
 */
export function sampleFileName(task: string, time: string, form: SamplesForm): string {
  return `samples_${task.replaceAll('/', '__')}_${time}${SUFFIX[form]}`;
}

/**
 * Returns the path of the sample file of a task that lies beside a results file, packed or not, or null where there is none.
 */
export function findSampleFile(resultsFile: string, task: string): string | null {
  const time = /^results_?(.*)\.json$/.exec(path.basename(resultsFile))?.[1];
  if (time === undefined) return null;
  const forms: readonly SamplesForm[] = ['full', 'compact'];
  const files = forms.map((form) => path.join(path.dirname(resultsFile), sampleFileName(task, time, form)));
  return files.find((file) => existsSync(file)) ?? null;
}

/**
 * Returns the form of a sample file by its name.
 */
export function samplesFormOf(file: string): SamplesForm {
  return file.endsWith('.gz') ? 'compact' : 'full';
}
