import path from 'node:path';
import { UserError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { writeFiles } from '../leaderboard/write-files.js';
import { type Checks, wholeFrom } from '../options.js';
import { type SeedScore, seedFields, seedScores } from '../results/seed-summary.js';
import { fileTime } from '../results/write.js';
import { EVALUATE_CHECKS, type EvaluateOptions } from '../run/options.js';
import { VERSION } from '../version.js';
import { type Evaluation, evaluate } from './evaluate.js';
import { openModel } from './model.js';

/** Seeds at most in one call. */
const MAX_SEEDS = 100;

/** Each run has a seed of its own. */
export type EvaluateSeedsOptions = Omit<EvaluateOptions, 'fewshotSeed'>;

const { fewshotSeed: _, ...SEEDS_CHECKS } = EVALUATE_CHECKS;
export const EVALUATE_SEEDS_CHECKS: Checks<EvaluateSeedsOptions> = SEEDS_CHECKS;

/** A model's scores over several draws of few-shot examples. */
export interface SeedEvaluation {
  readonly scores: readonly SeedScore[];
  /** The runs by seed. */
  readonly runs: ReadonlyMap<number, Evaluation>;
  /** The file with the scores, beside the folders of the runs; null where nothing is written. */
  readonly file: string | null;
}

/**
 * Evaluates a model once for each seed of the draws of few-shot examples, with results of their own in folders of their own, and says how much the scores depend on
 * the examples, apart from the standard error over documents. The model is opened once. Throws as `evaluate`, and `UserError` for seeds that are none.
 */
export async function evaluateSeeds(options: EvaluateSeedsOptions, seeds: readonly number[]): Promise<SeedEvaluation> {
  if (!Array.isArray(seeds) || seeds.length === 0 || seeds.length > MAX_SEEDS || !seeds.every(wholeFrom(0).fits))
    throw new UserError(`seeds: expected 1 to ${MAX_SEEDS} whole numbers from 0`);
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined)
    throw new UserError(`seeds: ${twice} is there twice; a seed has one draw of examples, which says nothing of their spread`);
  if (options.shard !== undefined && seeds.length > 1)
    throw new UserError('several seeds do not go with --shard: run each seed by itself and join its shards');
  const { model, signal, onProgress } = options;
  const opened =
    typeof model === 'string' && seeds.length > 1 ? await openModel({ ...options.modelOptions, model, signal, onProgress }) : null;
  try {
    const runs = new Map<number, Evaluation>();
    for (const [i, seed] of seeds.entries()) {
      onProgress?.({ kind: 'message', text: `seed ${seed} of the examples (${i + 1} of ${seeds.length})` });
      // Answers of an earlier seed are not to be forgotten with those of an earlier command.
      const fresh = i === 0 ? options.fresh : false;
      runs.set(seed, await evaluate({ ...options, fresh, fewshotSeed: seed, model: opened ?? model }));
    }
    const scores = seedScores([...runs].map(([seed, { outcome }]) => ({ seed, outcome })));
    const [first] = runs.values();
    const file = options.out === undefined || first === undefined ? null : await write(options.out, first.modelName, seeds, scores, runs);
    return { scores, runs, file };
  } finally {
    await opened?.close();
  }
}

async function write(
  out: string,
  modelName: string,
  seeds: readonly number[],
  scores: readonly SeedScore[],
  runs: ReadonlyMap<number, Evaluation>,
): Promise<string | null> {
  const folder = path.join(out, fileNameOf(`${modelName}__fewshot-seeds`));
  const content = {
    model_name: modelName,
    version: VERSION,
    seeds,
    // Relative, so that the folder can be moved.
    results: Object.fromEntries(
      [...runs].map(([seed, { resultsFile }]) => [seed, resultsFile === null ? null : path.relative(folder, resultsFile)]),
    ),
    scores: seedFields(scores),
  };
  const name = `fewshot_seeds_${fileTime(Date.now())}.json`;
  const [file] = await writeFiles(folder, new Map([[name, `${JSON.stringify(content, null, 2)}\n`]]));
  return file ?? null;
}
