import type { DocumentView } from './protocol.js';

/**
 * Returns the texts of a document that a search looks through, in small letters: those of the data set and of the answer, not the few-shot examples.
 */
export function textsOf(document: DocumentView): string {
  return [document.doc, document.targetText, document.generated ?? ''].join('\n').toLowerCase();
}
