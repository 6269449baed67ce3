import { findAll, pythonRegex } from '../python/regex.js';
import { lstrip, strip } from '../python/strings.js';
import type { FilterStep } from '../types.js';

/**
 * Returns what a filter pipeline makes of a generated text.
 * Throws `UserError` when a pattern cannot be used.
 */
export function applyFilter(steps: readonly FilterStep[], text: string): string {
  return steps.reduce((current, step) => apply(step, current), text);
}

function apply(step: FilterStep, text: string): string {
  switch (step.function) {
    case 'regex':
      return extract(text, step);
    case 'take_first': // A request has one answer here, so its first is the answer itself.
      return text;
    case 'remove_whitespace': // In spite of its name it leaves the end alone, as in the harness.
      return lstrip(text);
    case 'lowercase':
      return text.toLowerCase();
    case 'uppercase':
      return text.toUpperCase();
  }
}

/**
 * Returns one match of the step's pattern, without white space around it: the `groupSelect`-th (from 0; negative ones count from the end, so
 * -1 is the last), and of a pattern with several groups its first group that is not empty. The fallback (`[invalid]` unless the task
 * says otherwise) when there is no match, or none of its groups matched anything.
 */
export function extract(text: string, step: Extract<FilterStep, { function: 'regex' }>): string {
  const matches = findAll(pythonRegex(step.regexPattern), text);
  if (matches.length === 0) return step.fallback;
  const match = matches.at(step.groupSelect);
  // Fewer matches than asked for: Python would raise an IndexError and end the run.
  if (match === undefined) return step.fallback;
  if (typeof match === 'string') return strip(match);
  return strip(match.find((group) => group !== '') ?? step.fallback);
}
