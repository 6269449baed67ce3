/** What `merge` needs of the results file of one shard, checked. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import type { RunFacts } from '../results/outcome.js';
import { parsePlainJson } from '../results/plain-json.js';
import type { PromptFamily, WorkReport } from '../types.js';
import type { Counts } from './guard.js';

export interface ShardFile {
  readonly file: string;
  readonly index: number;
  readonly count: number;
  readonly modelName: string;
  readonly family: PromptFamily;
  /** The `--tasks` it was run with. */
  readonly selected: readonly string[];
  readonly tasks: Readonly<Record<string, ShardTask>>;
  readonly facts: RunFacts;
  /** What must be equal in all shards of a run. */
  readonly signature: Readonly<Record<string, string>>;
  /** Path of the sample file of a task. */
  samples(task: string): string;
}

interface ShardTask {
  readonly documents: number;
  readonly original: number;
  readonly counts: Counts;
}

/** Shards of one run that are still joined; the missing ones are listed. */
const MAX_SHARDS = 999_999;

const count = z.number().int().nonnegative();
const countsFields = {
  unscored: z.record(z.string(), count),
  truncated_prompts: count,
  truncated_tokens: count,
  doubled_bos: count,
  unparsable: count,
  gold_out_of_range: count,
};
const work = z.object({
  naiveTokens: count,
  distinctTokens: count,
  computedTokens: count,
  paddingTokens: count,
  outputRows: count,
  runs: count,
  seconds: z.record(z.string(), z.number()),
  details: z.record(z.string(), z.unknown()),
});

const schema = z.object({
  config: z.record(z.string(), z.unknown()),
  'n-samples': z.record(z.string(), z.object({ original: count, effective: count })),
  task_hashes: z.record(z.string(), z.string()),
  model_name: z.string(),
  model_source: z.string(),
  system_instruction: z.string().nullable(),
  fewshot_as_multiturn: z.boolean(),
  chat_template: z.string().nullable(),
  start_time: z.number(),
  end_time: z.number(),
  eus_eval: z.object({
    version: z.string(),
    prompt: z.enum(['plain', 'chat', 'api']),
    data: z.string(),
    remark: z.string().nullable(),
    identity: z.record(z.string(), z.string()),
    shard: z
      .object({ index: count, count: z.number().int().positive().max(MAX_SHARDS) })
      .refine((shard) => shard.index < shard.count, 'the index is not below the count')
      .nullable(),
    selected: z.array(z.string()),
    model_facts: z.record(z.string(), z.unknown()),
    tasks: z.record(z.string(), z.object({ documents: count, ...countsFields })),
    work: work.nullable(),
  }),
});

/**
 * Reads the results file of a shard.
 *
 * Throws `UserError` when it is no results file of eus-eval, or of a run that was not sharded.
 */
export async function readShard(file: string): Promise<ShardFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`merge: ${file}: ${messageOf(error)}`, { cause: error });
  }
  return shardFileOf(text, file);
}

/**
 * Returns what the text of the results file of a shard says; throws as `readShard` does.
 */
export function shardFileOf(text: string, file: string): ShardFile {
  let content: unknown;
  try {
    content = parsePlainJson(text);
  } catch (error) {
    throw new UserError(`merge: ${file}: ${messageOf(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(
      `merge: ${file} is no results file of an eus-eval run: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    );
  }
  const results = parsed.data;
  const own = results.eus_eval;
  if (own.shard === null)
    throw new UserError(`merge: ${file} is of a whole run, not of a shard; give only folders that --shard runs wrote`);
  const stamp = path.basename(file).slice('results_'.length, -'.json'.length);
  const limit = typeof results.config.limit === 'number' ? results.config.limit : null;
  return {
    file,
    index: own.shard.index,
    count: own.shard.count,
    modelName: results.model_name,
    family: own.prompt,
    selected: own.selected,
    tasks: Object.fromEntries(
      Object.entries(own.tasks).map(([name, t]): [string, ShardTask] => [
        name,
        { documents: t.documents, original: results['n-samples'][name]?.original ?? 0, counts: countsOf(t) },
      ]),
    ),
    facts: {
      modelName: results.model_name,
      modelSource: results.model_source,
      modelFacts: own.model_facts,
      identity: own.identity,
      family: own.prompt,
      selected: own.selected,
      chatTemplate: results.chat_template,
      systemInstruction: results.system_instruction,
      fewshotAsMultiturn: results.fewshot_as_multiturn,
      limit,
      shard: null,
      data: own.data,
      startedAt: results.start_time,
      endedAt: results.end_time,
      work: own.work,
      remark: own.remark,
    },
    signature: {
      'the eus-eval version': own.version,
      'the number of shards': String(own.shard.count),
      'the model': results.model_name,
      'the model identity': JSON.stringify(Object.entries(own.identity).sort()),
      'the prompt family': own.prompt,
      '--tasks': own.selected.join(','),
      'the list of tasks': Object.keys(own.tasks).join(','),
      'the data': own.data,
      '--limit': String(limit),
      'the system instruction': String(results.system_instruction),
      'the chat template': String(results.chat_template),
    },
    samples: (task) => path.join(path.dirname(file), `samples_${task}_${stamp}.jsonl`),
  };
}

function countsOf(fields: z.infer<z.ZodObject<typeof countsFields>>): Counts {
  return {
    unscored: { ...fields.unscored },
    truncatedPrompts: fields.truncated_prompts,
    truncatedTokens: fields.truncated_tokens,
    doubledBos: fields.doubled_bos,
    unparsable: fields.unparsable,
    goldOutOfRange: fields.gold_out_of_range,
  };
}

/**
 * Returns the sum of the work of several runs: tokens, rows and seconds add up; details are those of the first.
 */
export function sumWork(parts: readonly (WorkReport | null)[]): WorkReport | null {
  const present = parts.filter((part) => part !== null);
  const [first] = present;
  if (first === undefined) return null;
  const sum: WorkReport = { ...first, seconds: { ...first.seconds }, details: { ...first.details } };
  for (const part of present.slice(1)) {
    sum.naiveTokens += part.naiveTokens;
    sum.distinctTokens += part.distinctTokens;
    sum.computedTokens += part.computedTokens;
    sum.paddingTokens += part.paddingTokens;
    sum.outputRows += part.outputRows;
    sum.runs += part.runs;
    for (const [phase, seconds] of Object.entries(part.seconds)) sum.seconds[phase] = (sum.seconds[phase] ?? 0) + seconds;
  }
  return sum;
}
