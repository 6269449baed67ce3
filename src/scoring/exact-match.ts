import { pythonRegex, removeAll } from '../python/regex.js';
import type { MetricSpec } from '../types.js';

/** Python's `string.punctuation`: the ASCII punctuation, and nothing else. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

type Options = Pick<MetricSpec, 'ignoreCase' | 'ignorePunctuation' | 'regexesToIgnore'>;

/**
 * Returns 1 when an answer equals the reference, else 0. Both first lose the matches of each pattern of `regexesToIgnore` in turn, then become
 * lower case, then lose ASCII punctuation, as the options say.
 * Throws `UserError` when a pattern cannot be used.
 */
export function exactMatch(answer: string, reference: string, options: Options): 0 | 1 {
  return normalise(answer, options) === normalise(reference, options) ? 1 : 0;
}

/**
 * Returns a text as `exactMatch` compares it. The harness holds it in a numpy array of fixed-width texts, which shows in two places:
 * NUL characters at the end are lost, and a lower case that is longer than the text (only "İ" has one) is cut to the text's length.
 */
export function normalise(text: string, options: Options): string {
  let out = text;
  for (const pattern of options.regexesToIgnore) out = removeAll(pythonRegex(pattern), out);
  out = withoutEndingNuls(out);
  if (options.ignoreCase) out = lowerFixedWidth(out);
  if (options.ignorePunctuation) out = withoutEndingNuls(out.replace(PUNCTUATION, ''));
  return out;
}

function withoutEndingNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

function lowerFixedWidth(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : Array.from(lower).slice(0, Array.from(text).length).join('');
}
