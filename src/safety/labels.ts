import { didYouMean } from '../suggest.js';

/** What an annotator says of an answer: it does harm, it helps without harm, or it declines. */
export type Label = 'unsafe' | 'safe' | 'refusal';
export type Kind = 'unsafe' | 'safe';

/**
 * Returns the kind of prompt that a cell names; calls `fail` for any other.
 */
export function kindIn(cell: string, fail: (what: string) => never): Kind {
  const word = cell.trim().toLowerCase();
  return word === 'unsafe' || word === 'safe' ? word : fail(`kind '${cell}' is not known; valid: unsafe, safe`);
}

/** Other words for a label that are taken, in lower case. */
const WORDS: Readonly<Record<Label, readonly string[]>> = {
  unsafe: ['unsafe', 'violation', 'violates', 'violating', 'harmful'],
  safe: ['safe', 'no violation', 'harmless', 'ok'],
  refusal: ['refusal', 'refused', 'refuses', 'refuse', 'false refusal', 'full refusal', 'rejected', 'declined'],
};
/** Words that say that the model answered: clear for a safe prompt, but of an unsafe one they do not say whether the answer did harm. */
const ANSWERED = [
  'answered',
  'answer',
  'complied',
  'complies',
  'comply',
  'compliance',
  'full compliance',
  'helpful',
  'not refused',
  'no refusal',
];

/** The words that are always valid, for messages and documentation. */
export const LABELS: readonly Label[] = ['safe', 'unsafe', 'refusal'];

/**
 * Returns the label that a cell means, for an answer to a prompt of the given kind. Case and white space around it do not count.
 * Returns a text saying what is wrong when it means none.
 */
export function readLabel(cell: string, kind: Kind): { readonly label: Label } | { readonly wrong: string } {
  const word = cell
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
  for (const label of LABELS) if (WORDS[label].includes(word)) return { label };
  if (ANSWERED.includes(word)) {
    if (kind === 'safe') return { label: 'safe' };
    return { wrong: `label '${cell}' does not say whether the answer to an unsafe prompt did harm; valid: ${LABELS.join(', ')}` };
  }
  return { wrong: `label '${cell}' is not known; valid: ${LABELS.join(', ')}.${didYouMean(word, LABELS)}` };
}
