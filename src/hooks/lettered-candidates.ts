/** Questions with 2 to 26 candidates that are asked by letter (EusTrivia, EusProficiency, EusReading, EusExams). */
import { pyEquals } from '../python/equal.js';
import { fieldOf } from '../python/fields.js';
import { isArray } from '../python/json.js';
import { pyStr } from '../python/strings.js';
import type { Doc, Value } from '../types.js';
import { printField } from './fields.js';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function candidatesOf(doc: Doc): readonly Value[] {
  const candidates = fieldOf(doc, 'candidates');
  if (candidates === undefined || candidates === null || !isArray(candidates)) throw new RangeError("no list of 'candidates'");
  if (candidates.length < 2 || candidates.length > LETTERS.length) {
    throw new RangeError(`${candidates.length} candidates; 2 to ${LETTERS.length} can be lettered`);
  }
  return candidates;
}

/**
 * Returns `Galdera: ...`, a line `A: ...` for each candidate, `Erantzuna:`; before it the passage, where the document has one.
 * Throws `RangeError` for a document without them.
 */
export function letteredText(doc: Doc): string {
  const passage = Object.hasOwn(doc, 'context') ? `Pasartea: ${printField(doc, 'context')}\n\n` : '';
  const lines = candidatesOf(doc).map((candidate, i) => `${LETTERS[i]}: ${pyStr(candidate)}`);
  return `${passage}Galdera: ${printField(doc, 'question')}\n${lines.join('\n')}\nErantzuna:`;
}

/**
 * Returns as many letters as the document has candidates. Throws `RangeError` for a document without them.
 */
export function letters(doc: Doc): readonly string[] {
  return Array.from(LETTERS.slice(0, candidatesOf(doc).length));
}

/**
 * Tells whether a question has a right answer and candidates; exams hold a few without.
 */
export function isAnswerable(doc: Doc): boolean {
  const answer = fieldOf(doc, 'answer') ?? null;
  return [0, 1, 2, 3].some((x) => pyEquals(x, answer)) && !pyEquals(fieldOf(doc, 'candidates') ?? null, ['', '', '', '']);
}
