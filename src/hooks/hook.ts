/** What stands in for Python functions of task files. */
import type { Doc, MetricValue, ScoredDocument, Value } from '../types.js';

/** What a model answered, as the harness hands it to `process_results`: [log-probability, greedy] per choice, a text, or a log-probability. */
export type HookResult = readonly [number, boolean] | string | number;

/** How a task's documents become its score: another metric's way, or a function over the documents' values. */
export type Aggregation =
  | { readonly metric: string; readonly options: Readonly<Record<string, unknown>> }
  | { readonly call: (values: readonly MetricValue[]) => number };

/** The functions of each field of a task file that can name one. All throw `RangeError` or `UserError` with a short reason for a document that does not fit. */
export interface HookFunctions {
  readonly doc_to_text: (doc: Doc) => Value;
  readonly doc_to_target: (doc: Doc) => Value;
  readonly doc_to_choice: (doc: Doc) => Value;
  /** The document that is asked about, or null where it is left out. */
  readonly process_docs: (doc: Doc) => Doc | null;
  readonly process_results: (doc: Doc, results: readonly HookResult[]) => Readonly<Record<string, unknown>>;
  readonly aggregation: Aggregation;
}
export type HookKind = keyof HookFunctions;

/** Hooks by field and name. */
export type Hooks = { readonly [K in HookKind]: ReadonlyMap<string, HookFunctions[K]> };

/**
 * Returns the log-probabilities among the results of a document.
 */
export function scoresOf(results: readonly HookResult[]): readonly number[] {
  return results.map((result) => (typeof result === 'object' ? result[0] : Number(result)));
}

/**
 * Returns the results of a scored document as `process_results` gets them.
 */
export function resultsOf(document: ScoredDocument): readonly HookResult[] {
  switch (document.outputType) {
    case 'multiple_choice':
      return document.logprobs.map((logprob, i) => [logprob, document.greedy[i] ?? false] as const);
    case 'generate_until':
      return [document.answer];
    case 'loglikelihood':
      return [[document.logprob, document.greedy]];
    case 'loglikelihood_rolling':
      return [document.logprob];
  }
}
