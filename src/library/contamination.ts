import path from 'node:path';
import { openData } from '../data/open.js';
import { fileNameOf } from '../file-name.js';
import {
  type Checks,
  FUNCTION,
  NAME,
  needed,
  type OneOrMore,
  type Optional,
  oneOrMore,
  orNull,
  SIGNAL,
  SWITCH,
  wholeFrom,
} from '../options.js';
import {
  type ContaminationSettings,
  contaminationCost,
  orderedTexts,
  type TaskContamination,
  testContamination,
} from '../run/contamination.js';
import type { OnAnswer } from '../run/events.js';
import { openJournal } from '../run/journal.js';
import { DATA, MODEL_OPTIONS_CHECK, type ModelOptions } from '../run/options.js';
import { TASK_CHECKS, type TaskOptions } from '../run/task-options.js';
import { uniqueLeaves } from '../task-tree.js';
import type { DataSource } from '../types.js';
import { openModel } from './model.js';
import { loadLeaves } from './tasks.js';

export { CONTAMINATION_ASSUMPTIONS, contaminationJson } from '../run/contamination.js';

export type ContaminationOptions = { readonly model: string; readonly tasks: OneOrMore<string> } & Pick<
  TaskOptions,
  'hooks' | 'includePath'
> &
  Optional<
    {
      /** A folder with `REPO/CONFIGURATION/SPLIT.jsonl`, or a source of documents; the hub without it. */
      data: string | DataSource;
      modelOptions: ModelOptions;
      /** Keep answers here, so that a command that ends early goes on where it was. */
      out: string;
      /** Say what would be asked, and ask nothing. */
      dryRun: boolean;
      signal: AbortSignal;
      /** Called with lines to show, the cost before anything is asked among them. */
      say: (line: string) => void;
      onAnswer: OnAnswer;
    } & ContaminationSettings
  >;

export const CONTAMINATION_CHECKS: Checks<ContaminationOptions> = {
  model: needed({ ...NAME, expected: 'a folder, a hub name or BACKEND:NAME' }),
  tasks: needed(oneOrMore('names of tasks', NAME)),
  hooks: TASK_CHECKS.hooks,
  includePath: TASK_CHECKS.includePath,
  data: DATA,
  modelOptions: MODEL_OPTIONS_CHECK,
  out: NAME,
  dryRun: SWITCH,
  signal: SIGNAL,
  say: FUNCTION,
  onAnswer: FUNCTION,
  shards: wholeFrom(5),
  shuffles: wholeFrom(1),
  seed: wholeFrom(0),
  limit: orNull(wholeFrom(1)),
};

export interface Contamination {
  readonly model: string;
  /** What is asked, in words. */
  readonly cost: string;
  /** Null after a dry run. */
  readonly tasks: readonly TaskContamination[] | null;
}

/**
 * Tests whether the published order of each task's documents is more likely to a model than shuffles of it (docs/contamination.md). Throws
 * `UserError` for what the caller can mend.
 */
export async function contamination(options: ContaminationOptions): Promise<Contamination> {
  const { data, model, say = () => {}, signal = new AbortController().signal } = options;
  const settings = {
    shards: options.shards ?? 50,
    shuffles: options.shuffles ?? 19,
    seed: options.seed ?? 1234,
    limit: options.limit ?? null,
  };
  const offline = options.modelOptions?.offline ?? false;
  const source = typeof data === 'object' ? data : await openData({ dir: data ?? null, offline });
  const texts = [];
  for (const task of uniqueLeaves(await loadLeaves(options))) texts.push(await orderedTexts(task, source, settings));
  const cost = contaminationCost(texts);
  say(`asks for the log-probability of ${cost}`);
  if (options.dryRun === true) return { model, cost, tasks: null };
  const onProgress = (event: { readonly kind: string; readonly text?: string }): void => {
    if (event.kind === 'message' || event.kind === 'warning') say(event.text ?? '');
  };
  const backend = await openModel({ ...options.modelOptions, model, signal, onProgress });
  const journal =
    options.out === undefined ? null : openJournal(path.join(options.out, '.journal', fileNameOf(backend.modelName)), backend.identity);
  try {
    return { model: backend.modelName, cost, tasks: await testContamination(backend, texts, journal, signal, options.onAnswer) };
  } finally {
    await journal?.close();
    await backend.close();
  }
}
