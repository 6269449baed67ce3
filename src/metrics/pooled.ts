/** One task's share in a group's score. */
export interface Part {
  readonly value: number;
  readonly stderr: number | null;
  /** Documents. */
  readonly size: number;
}

/**
 * Returns the mean of the values, weighted by documents or plain. Throws for an empty list.
 */
export function weightedMean(parts: readonly Part[], weightBySize: boolean): number {
  if (parts.length === 0) throw new Error('no score to take the mean of');
  let total = 0;
  let weights = 0;
  for (const { value, size } of parts) {
    const weight = weightBySize ? size : 1;
    total += value * weight;
    weights += weight;
  }
  return total / weights;
}

/**
 * Returns the pooled standard error of a mean over k tasks, sqrt(sum((n-1) * se^2 * n) / (N - k) / N) with N all documents (the pooled
 * variance, each se^2 * n being a task's variance), or null where a task has none. As in the harness it is the same whether or not
 * the mean is weighted.
 */
export function pooledStandardError(parts: readonly Part[]): number | null {
  let squares = 0;
  let documents = 0;
  for (const { stderr, size } of parts) {
    if (stderr === null) return null;
    squares += (size - 1) * stderr ** 2 * size;
    documents += size;
  }
  return Math.sqrt(squares / (documents - parts.length) / documents);
}
