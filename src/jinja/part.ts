/** A part of a template as the function that runs it, with its size: how many parts it has, loops and calls inside counted once, and how deep they nest. */
export interface Part<F> {
  readonly run: F;
  readonly cost: number;
  readonly depth: number;
}

/**
 * Returns a part that is made of other ones.
 */
export function part<F>(run: F, inner: readonly Part<unknown>[] = []): Part<F> {
  const cost = inner.reduce((sum, one) => sum + one.cost, 1);
  const depth = inner.reduce((most, one) => Math.max(most, one.depth), 0) + 1;
  return { run, cost, depth };
}

/** What a scope and the call of its statements cost, in parts. */
export const ENTRY = 20;
