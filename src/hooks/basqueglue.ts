/** What the tasks of BasqueGLUE (Urbizu et al. 2022) do with their documents. */
import type { Doc } from '../types.js';
import { integerField, textField, withFields } from './fields.js';
import { detokenize, repairLatin1 } from './texts.js';

/**
 * Returns a document of word in context with its two sentences as they are written: the data hold them tokenized and read in a wrong encoding.
 * Throws `RangeError` where they are not.
 */
export function wicDocument(doc: Doc): Doc {
  const mended = (field: string): string => repairLatin1(detokenize(textField(doc, field)));
  return withFields(doc, { sentence1: mended('sentence1'), sentence2: mended('sentence2') });
}

/**
 * Returns the question whether two marked mentions mean the same. The second index counts from 1 in the data, the first from 0.
 * Throws `RangeError` where a mention is not in the text.
 */
export function corefText(doc: Doc): string {
  const tokens = textField(doc, 'text').split(' ');
  mark(tokens, integerField(doc, 'span1_index'), textField(doc, 'span1_text'));
  mark(tokens, integerField(doc, 'span2_index') - 1, textField(doc, 'span2_text'));
  const [first, second] = [textField(doc, 'span1_text'), textField(doc, 'span2_text')].map(detokenize);
  return `Testua: ${detokenize(tokens.join(' '))}\nGaldera: Aurreko testuan, "*${first}*" eta "*${second}*" gauza bera dira?\nErantzuna:`;
}

/** Puts asterisks around a mention; an index below 0 counts from the end, as in Python. */
function mark(tokens: string[], start: number, mention: string): void {
  const place = (index: number): number => (index < 0 ? tokens.length + index : index);
  const around = (index: number, before: string, after: string): void => {
    const token = tokens[place(index)];
    if (token === undefined)
      throw new RangeError(`the mention ${JSON.stringify(mention)} at ${start} is not in the text of ${tokens.length} words`);
    tokens[place(index)] = before + token + after;
  };
  around(start, '*', '');
  around(start + mention.split(' ').length - 1, '', '*');
}
