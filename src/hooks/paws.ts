/** PAWS in Basque: two sentences that become one. */
import { fieldOf } from '../python/fields.js';
import type { Doc } from '../types.js';
import { textField, withFields } from './fields.js';
import { lowerFirst } from './texts.js';

/**
 * Returns a document whose first sentence has lost a final dot, comma or semicolon and whose second begins with a small letter; null where one of them is empty.
 */
export function pawsDocument(doc: Doc): Doc | null {
  if (['sentence1', 'sentence2'].some((field) => [null, ''].includes(emptyOf(doc, field)))) return null;
  return withFields(doc, {
    sentence1: textField(doc, 'sentence1').replace(/[.,;]$/, ''),
    sentence2: lowerFirst(textField(doc, 'sentence2')),
  });
}

function emptyOf(doc: Doc, field: string): string | null {
  return fieldOf(doc, field) === null ? null : textField(doc, field);
}
