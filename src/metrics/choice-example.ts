import { at } from '../at.js';
import type { ChoiceDocument } from '../types.js';
import { isRight } from './choices.js';
import { choiceDocument } from './documents.js';
import { show } from './topic.js';

const CHOICES = { ur: -2.5, 'ura da': -4.2, ardoa: -4.9 };

/**
 * Returns the worked example of a metric that compares three choices, whose log-probability may first be divided by their length.
 */
export function choiceLines(
  metric: string,
  choose: (document: ChoiceDocument) => number,
  length?: { readonly unit: string; of(choice: string): number },
): readonly string[] {
  const document = choiceDocument(CHOICES, 1);
  const lines = document.choices.map((choice, i) => {
    const logprob = at(document.logprobs, i);
    const divided = length === undefined ? '' : `, / ${length.of(choice)} ${length.unit} = ${show(logprob / length.of(choice))}`;
    return `"${choice}": log-probability ${show(logprob)}${divided}`;
  });
  return [...lines, `right is "${document.choices[1]}": ${metric} = ${show(isRight(document, choose(document)))}`];
}
