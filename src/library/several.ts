import { InterruptedError, UserError } from '../errors.js';
import { type Checks, FUNCTION, listOf, NAME, needed, type OneOrMore, oneOrMore } from '../options.js';
import type { ModelRows } from '../results/by-model.js';
import { EVALUATE_CHECKS, type EvaluateOptions } from '../run/options.js';
import { type ChosenModel, chosenModels } from '../run/several-models.js';
import { modelRows } from './curve.js';
import { withOptionNames } from './entry.js';
import { type Evaluation, evaluate } from './evaluate.js';

export { type ChosenModel, chosenModels } from '../run/several-models.js';

export type EvaluateAllOptions = Omit<EvaluateOptions, 'model' | 'name'> & {
  /** References of models, patterns of folders (`ckpts/step-*`), and `ORG/NAME@A,B` for revisions of one model. */
  readonly models: OneOrMore<string>;
  /** Called before each model, which is the `index`th (from 0) of `count`. */
  readonly onModel?: (reference: string, index: number, count: number) => void;
  /** Called when a model is done, or could not be evaluated. */
  readonly onDone?: (outcome: ModelOutcome) => void;
};

const { model: _model, name: _name, ...SHARED_CHECKS } = EVALUATE_CHECKS;
export const EVALUATE_ALL_CHECKS: Checks<EvaluateAllOptions> = {
  ...SHARED_CHECKS,
  models: needed(oneOrMore('names of models, or patterns of their folders', NAME)),
  onModel: FUNCTION,
  onDone: FUNCTION,
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
  const outcomeOf = (attempt: Attempt<Evaluation>): ModelOutcome =>
    'error' in attempt
      ? { ...attempt, error: withOptionNames(attempt.error, EVALUATE_CHECKS) }
      : { reference: attempt.reference, evaluation: attempt.result };
  const attempts = await eachModel(
    chosen,
    ({ reference, name }) => evaluate({ ...options, model: reference, name: name ?? undefined }),
    (reference, index) => onModel?.(reference, index, chosen.length),
    (attempt) => onDone?.(outcomeOf(attempt)),
  );
  return {
    outcomes: attempts.map(outcomeOf),
    table: await modelRows(attempts.flatMap((attempt) => ('result' in attempt ? [attempt.result] : []))),
  };
}

/** What work on one model gave, or why it could not be done. */
export type Attempt<T> = { readonly reference: string } & ({ readonly result: T } | { readonly error: UserError });

/**
 * Does `work` for one model after the other; a `UserError` of one does not end the others. Throws `InterruptedError` when one is interrupted.
 */
export async function eachModel<T>(
  models: readonly ChosenModel[],
  work: (model: ChosenModel) => Promise<T>,
  onModel: (reference: string, index: number) => void,
  onDone: (attempt: Attempt<T>) => void,
): Promise<readonly Attempt<T>[]> {
  const attempts: Attempt<T>[] = [];
  for (const [index, model] of models.entries()) {
    const { reference } = model;
    onModel(reference, index);
    const attempt = await work(model).then(
      (result) => ({ reference, result }),
      (error: unknown) => {
        if (!(error instanceof UserError) || error instanceof InterruptedError) throw error;
        return { reference, error };
      },
    );
    attempts.push(attempt);
    onDone(attempt);
  }
  return attempts;
}
