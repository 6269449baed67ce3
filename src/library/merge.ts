import type { HookModule } from '../hooks/user-module.js';
import { dumpsJsonIndented } from '../python/json.js';
import { type Merged, mergeShards } from '../run/merge.js';
import { listOf, type OneOrMore, type Optional } from './options.js';

export type MergeOptions = {
  /** Folders of shards, or folders above them. */
  readonly shards: OneOrMore<string>;
  /** Where the joined results go. */
  readonly out: string;
} & Optional<{ maxErrorRate: number; hooks: HookModule }>;

/**
 * Joins the shards of a run into what one run would have written; `json` is the text of the results file. Throws `UserError` when shards are missing,
 * doubled, damaged or belong to different runs.
 */
export async function merge({ shards, out, maxErrorRate = 0.01, hooks }: MergeOptions): Promise<Merged & { readonly json: string }> {
  const merged = await mergeShards(listOf(shards), out, maxErrorRate, Date.now, hooks ?? null);
  return { ...merged, json: dumpsJsonIndented(merged.content) };
}
