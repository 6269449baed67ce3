/** Short ways to write documents for the tables of metrics. */
import type { ChoiceDocument, ContinuationDocument, RollingDocument, TextDocument } from '../types.js';
import { argmax } from './choices.js';

const WHERE = { doc: {}, where: 'a document of the table' } as const;

/**
 * Returns a multiple-choice document: texts with their log-probabilities, and what is right.
 */
export function choiceDocument(
  choices: Readonly<Record<string, number>>,
  gold: number | readonly number[],
  unconditional: readonly number[] | null = null,
): ChoiceDocument {
  const logprobs = Object.values(choices);
  const predicted = argmax(logprobs);
  const greedy = logprobs.map((_, i) => i === predicted);
  return { ...WHERE, outputType: 'multiple_choice', choices: Object.keys(choices), logprobs, greedy, unconditional, gold, predicted };
}

/**
 * Returns a generated answer with its references.
 */
export function textDocument(answer: string, ...references: readonly string[]): TextDocument {
  return { ...WHERE, outputType: 'generate_until', answer, references };
}

/**
 * Returns a continuation with its log-probability.
 */
export function continuationDocument(target: string, logprob: number, greedy = false): ContinuationDocument {
  return { ...WHERE, outputType: 'loglikelihood', target, logprob, greedy };
}

/**
 * Returns a text with its log-probability.
 */
export function rollingDocument(text: string, logprob: number): RollingDocument {
  return { ...WHERE, outputType: 'loglikelihood_rolling', text, logprob };
}
