/** What a run is about to do, in a few lines before it starts. */
import { at } from '../at.js';
import type { SecondsRange } from '../forecast.js';
import { samplingWords } from '../generation.js';
import type { Backend } from '../types.js';
import type { Expected } from './events.js';
import { timeWords } from './forecast.js';
import type { RunPlan } from './plan.js';

export interface HeaderFacts {
  readonly backend: Pick<Backend, 'source' | 'facts' | 'forecast'>;
  readonly modelName: string;
  readonly plan: Pick<RunPlan, 'family' | 'limit' | 'shard' | 'tasks'>;
  /** Documents by task. */
  readonly expected: readonly Expected[];
  /** What the run of a local model is expected to take; null where nobody knows. */
  readonly seconds?: SecondsRange | null;
  /** Where results go; null: nowhere but back to the caller. */
  readonly folder: string | null;
}

/**
 * Returns the lines: the model and how it is run, tasks, documents and their limit, where results go.
 */
export function headerLines({ backend, modelName, plan, expected, folder, seconds = null }: HeaderFacts): string[] {
  const how = [backend.source, backend.facts.device, backend.facts.dtype, backend.facts.base_url].filter(
    (fact) => typeof fact === 'string' && fact !== 'none',
  );
  const documents = expected.reduce((sum, one) => sum + one.documents, 0);
  const part = [
    ...(plan.limit === null ? [] : [`the first ${plan.limit} of each task`]),
    ...(plan.shard === null ? [] : [`part ${plan.shard.index + 1} of ${plan.shard.count}`]),
  ];
  const tasks = plan.tasks.length;
  const drawn = plan.tasks.flatMap(({ name, outputType, generation: { sampling } }) =>
    outputType === 'generate_until' && sampling !== null
      ? [`answers    ${tasks === 1 ? '' : `of ${name} `}${samplingWords(sampling)}: scores depend on the seed, too`]
      : [],
  );
  const memory = backend.forecast?.memory ?? null;
  return [
    `model      ${modelName} (${how.join(', ')})`,
    `tasks      ${tasks === 1 ? at(plan.tasks, 0).name : tasks}, ${plan.family} prompts`,
    ...drawn,
    `documents  ${documents === 0 ? 'not counted yet' : documents}${part.length === 0 ? '' : ` (${part.join(', ')})`}`,
    ...(memory === null ? [] : [`memory     ${memory.line}`]),
    ...(seconds === null ? [] : [`time       ${timeWords(seconds)}`]),
    ...(folder === null ? [] : [`results    ${folder}`]),
  ];
}
