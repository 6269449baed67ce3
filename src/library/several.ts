import { InterruptedError, UserError } from '../errors.js';
import type { ModelRows } from '../results/by-model.js';
import { chosenModels } from '../run/several-models.js';
import { modelRows } from './curve.js';
import { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
import { listOf, type OneOrMore } from './options.js';

export type EvaluateAllOptions = Omit<EvaluateOptions, 'model' | 'name'> & {
  /** References of models, patterns of folders (`ckpts/step-*`), and `ORG/NAME@A,B` for revisions of one model. */
  readonly models: OneOrMore<string>;
  /** Called before each model, which is the `index`th (from 0) of `count`. */
  readonly onModel?: (reference: string, index: number, count: number) => void;
  /** Called when a model is done, or could not be evaluated. */
  readonly onDone?: (outcome: ModelOutcome) => void;
};

/** What came of one model. */
export type ModelOutcome =
  | { readonly reference: string; readonly evaluation: Evaluation }
  | { readonly reference: string; readonly error: UserError };

export interface Evaluations {
  readonly outcomes: readonly ModelOutcome[];
  /** Headline scores, a row a model; checkpoints by step. */
  readonly table: ModelRows;
}

/**
 * Evaluates several models one after the other, each with results of its own as `evaluate` writes them. A model that cannot be evaluated
 * does not end the others. Throws `UserError` for a pattern without a match, and `InterruptedError` when `signal` is aborted.
 */
export async function evaluateAll({ models, onModel, onDone, ...options }: EvaluateAllOptions): Promise<Evaluations> {
  const chosen = chosenModels(listOf(models));
  const outcomes: ModelOutcome[] = [];
  for (const [index, { reference, name }] of chosen.entries()) {
    onModel?.(reference, index, chosen.length);
    const outcome = await evaluateOne(reference, { ...options, ...(name === null ? {} : { name }) });
    outcomes.push(outcome);
    onDone?.(outcome);
  }
  const files = outcomes.flatMap((outcome) => ('evaluation' in outcome ? [outcome.evaluation] : []));
  return { outcomes, table: await modelRows(files) };
}

async function evaluateOne(reference: string, options: EvaluateOptions): Promise<ModelOutcome> {
  try {
    return { reference, evaluation: await evaluate({ ...options, model: reference }) };
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof InterruptedError) throw error;
    return { reference, error };
  }
}
