/** Remarks on results as data, so that the page can say them in its language. Runs in the page too. */
import { NOTE_WORDS } from '../page/note-words.js';
import { type PageLanguage, translator } from '../page/words.js';

/** A remark: which one, and what is filled in. */
export interface Note {
  readonly key: keyof typeof NOTE_WORDS;
  readonly values: Readonly<Record<string, string | number>>;
}

/**
 * Tells whether a remark must be seen before anything else: that results are missing from the board.
 */
export function isAlert({ key }: Note): boolean {
  return key === 'broken';
}

/**
 * Returns a remark as text.
 */
export function noteText({ key, values }: Note, language: PageLanguage = 'en'): string {
  return translator(NOTE_WORDS, language)(key, values);
}
