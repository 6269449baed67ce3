import { pythonRegex, removeAll } from '../python/regex.js';

/** Python's `string.punctuation`: the ASCII punctuation, and nothing else. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** What does not count when an answer is compared with a reference. */
export interface Ignored {
  readonly ignoreCase: boolean;
  readonly ignorePunctuation: boolean;
  readonly ignoreNumbers: boolean;
  /** Python regular expressions, removed one after the other. */
  readonly regexesToIgnore: readonly string[];
}

/**
 * Returns a text as `exact_match` compares it: without the matches of each ignored pattern in turn, then in lower case, then without ASCII punctuation, then
 * without ASCII digits, as the options say. The harness holds it in a numpy array of fixed-width texts, which shows in two places:
 * NUL characters at the end are lost, and a lower case that is longer than the text (only "İ" has one) is cut to the text's length.
 * Throws `UserError` when a pattern cannot be used.
 */
export function normalise(text: string, options: Ignored): string {
  let out = text;
  for (const pattern of options.regexesToIgnore) out = removeAll(pythonRegex(pattern), out);
  out = withoutEndingNuls(out);
  if (options.ignoreCase) out = lowerFixedWidth(out);
  if (options.ignorePunctuation) out = withoutEndingNuls(out.replace(PUNCTUATION, ''));
  if (options.ignoreNumbers) out = withoutEndingNuls(out.replace(/[0-9]/g, ''));
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
