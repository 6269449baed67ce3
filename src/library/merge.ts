import { dumpsJsonIndented } from '../python/json.js';
import { type Merged, type MergeOptions, mergeShards } from '../run/merge.js';

/**
 * Joins the shards of a run into what one run would have written; `json` is the text of the results file. Throws `UserError` when shards are missing,
 * doubled, damaged or belong to different runs.
 */
export async function merge(options: MergeOptions): Promise<Merged & { readonly json: string }> {
  const merged = await mergeShards(options, Date.now);
  return { ...merged, json: dumpsJsonIndented(merged.content) };
}
