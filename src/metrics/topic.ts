/** One thing that `explain` knows. Examples are computed when they are printed, by the functions that compute the real numbers. */
export interface Topic {
  readonly name: string;
  /** Other words for it. */
  readonly also: readonly string[];
  readonly title: string;
  readonly definition: string;
  readonly formula: readonly string[];
  readonly source: string;
  example(): readonly string[];
}

/**
 * Returns a number as examples print it: at most six digits.
 */
export function show(value: number | null | undefined): string {
  return value === null || value === undefined ? 'none' : String(Number(value.toPrecision(6)));
}

/** Source of what the harness defines. */
export const HARNESS = "EleutherAI's lm-evaluation-harness 0.4.8, as the paper's authors ran it";
