/** XCOPA in Basque: the premise, a connective, and the two choices with a small letter. */
import { strip } from '../python/strings.js';
import type { Doc } from '../types.js';
import { textField } from './fields.js';
import { lowerFirst } from './texts.js';

const CONNECTIVES: ReadonlyMap<string, string> = new Map([
  ['cause', ' Izan ere,'],
  ['effect', ' Beraz,'],
]);

/**
 * Returns the premise with "Izan ere," (cause) or "Beraz," (effect). Throws `RangeError` for another question.
 */
export function xcopaText(doc: Doc): string {
  const question = textField(doc, 'question');
  const connective = CONNECTIVES.get(question);
  if (connective === undefined)
    throw new RangeError(`the field 'question' is ${JSON.stringify(question)}; valid: ${[...CONNECTIVES.keys()].join(', ')}`);
  return strip(textField(doc, 'premise')) + connective;
}

/**
 * Returns the two choices, each with a small first letter. Throws `RangeError` where one is empty.
 */
export function xcopaChoices(doc: Doc): readonly string[] {
  return [lowerFirst(textField(doc, 'choice1')), lowerFirst(textField(doc, 'choice2'))];
}
