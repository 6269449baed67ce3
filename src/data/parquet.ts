import { UserError } from '../errors.js';
import type { Doc } from '../types.js';

/** Yields nothing yet. */
// biome-ignore lint/correctness/useYield: replaced at once
export async function* readParquet(file: string): AsyncGenerator<Doc> {
  throw new UserError(`${file}: parquet is not read yet`);
}
