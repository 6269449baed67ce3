/** The options of `run` as commander names them, and as the library takes them. */
import type { EvaluateOptions } from '../run/options.js';
import { type ModelFlags, modelOptionsOf } from './model-flags.js';

/** Options that the library calls as the command line does. */
type SameName =
  | 'name'
  | 'tasks'
  | 'prompt'
  | 'limit'
  | 'numFewshot'
  | 'includePath'
  | 'hooks'
  | 'promptVariants'
  | 'systemInstruction'
  | 'thinking'
  | 'shard'
  | 'data'
  | 'fresh'
  | 'journal'
  | 'maxErrorRate';

export interface RunFlags extends Pick<EvaluateOptions, SameName>, ModelFlags {
  model?: readonly string[];
  fewshotSeeds?: readonly number[];
  multiturn: boolean;
  out: string;
  samples?: true | EvaluateOptions['samples'];
  retryErrors?: number | true;
  checkBatch?: number | true;
  maxErrorRate: number;
  journal: boolean;
  dryRun: boolean;
  json: boolean;
  quiet: boolean;
}

/**
 * Returns the options of the library. Throws `UserError` for a date that is none.
 */
export function evaluateOptions(flags: RunFlags): EvaluateOptions {
  const { tasks, includePath, prompt, limit, numFewshot, hooks, promptVariants, systemInstruction, thinking, shard } = flags;
  const { data, out, fresh, journal, maxErrorRate, samples, retryErrors, checkBatch } = flags;
  return {
    tasks,
    includePath,
    prompt,
    limit,
    numFewshot,
    hooks,
    promptVariants,
    systemInstruction,
    fewshotAsMultiturn: flags.multiturn,
    thinking,
    shard,
    data,
    out,
    fresh,
    journal,
    maxErrorRate,
    samples: samples === true ? undefined : samples,
    retries: retryErrors === true ? 1 : retryErrors,
    checkBatch: checkBatch === true ? 16 : checkBatch,
    forecast: !flags.quiet,
    modelOptions: modelOptionsOf(flags),
  };
}
