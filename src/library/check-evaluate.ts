/** The check of what a caller of `evaluate` gives: callers in JavaScript have no types that would refuse it. */
import { UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import type { EvaluateOptions } from './evaluate.js';

/** All options; those that are a whole number with the least it may be. The type sees to it that none is forgotten. */
const OPTIONS: Readonly<Record<keyof EvaluateOptions, number | null>> = {
  model: null,
  modelOptions: null,
  name: null,
  tasks: null,
  prompt: null,
  systemInstruction: null,
  fewshotAsMultiturn: null,
  thinking: null,
  limit: 1,
  numFewshot: null,
  fewshotSeed: 0,
  shard: null,
  hooks: null,
  promptVariants: null,
  metrics: null,
  data: null,
  out: null,
  journal: null,
  fresh: null,
  samples: null,
  maxErrorRate: null,
  retries: 0,
  checkBatch: 0,
  forecast: null,
  signal: null,
  onProgress: null,
};

/**
 * Throws `UserError` for options that are no object, an option that `evaluate` does not have (a misspelt `tasks` would evaluate all 29 benchmarks), and a
 * number or function that is none: `limit: 1.5` would score two documents, and `limit: NaN` all of them.
 */
export function checkEvaluateOptions(options: EvaluateOptions): void {
  if (typeof options !== 'object' || options === null) throw new UserError(`evaluate takes one object of options, found ${shown(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const least = Object.entries(OPTIONS).find(([known]) => known === name)?.[1];
    if (least === undefined) {
      const names = Object.keys(OPTIONS);
      throw new UserError(`evaluate: unknown option '${name}'; valid: ${names.join(', ')}.${didYouMean(name, names)}`);
    }
    if (least !== null && value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= least))
      throw new UserError(`evaluate: ${name}: expected a whole number, ${least} or more, found ${shown(value)}`);
  }
  const { maxErrorRate, model, onProgress, signal } = options;
  if (model !== undefined && model !== null && typeof model !== 'string' && typeof model.ask !== 'function')
    throw new UserError(`evaluate: model: expected a folder, a name or an open backend, found ${shown(model)}`);
  if (maxErrorRate !== undefined && !(maxErrorRate >= 0 && maxErrorRate <= 1))
    throw new UserError(`evaluate: maxErrorRate: expected a share from 0 to 1, found ${shown(maxErrorRate)}`);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new UserError(`evaluate: onProgress: expected a function, found ${shown(onProgress)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new UserError(`evaluate: signal: expected an AbortSignal, found ${shown(signal)}`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `the text '${value}'` : typeof value === 'object' && value !== null ? 'another object' : String(value);
}
