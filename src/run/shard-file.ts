/** What `merge` needs of the results file of one shard, checked. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { COUNTERS, type Counts, noCounts } from '../results/counts.js';
import type { RunFacts } from '../results/outcome.js';
import { readResultContent, resultFileOf } from '../results/read.js';
import { findSampleFile } from '../results/sample-name.js';
import type { WorkReport } from '../types.js';

export interface ShardFile {
  readonly file: string;
  readonly index: number;
  readonly count: number;
  readonly tasks: Readonly<Record<string, ShardTask>>;
  readonly facts: RunFacts;
  /** Path of the sample file of a task; null where the shard was run without samples. */
  samples(task: string): string | null;
}

export interface ShardTask {
  /** Documents of the shard, and of the whole split. */
  readonly documents: number;
  readonly original: number;
  readonly counts: Counts;
  /** Fingerprint of the shard's documents. */
  readonly hash: string;
}

/** Shards of one run that are still joined; the missing ones are listed. */
const MAX_SHARDS = 999_999;

const count = z.number().int().nonnegative();
/** What a shard says of a task; counters that an older program did not know are 0. */
const taskFields = z
  .object({
    documents: count,
    unscored: z.record(z.string(), count),
    answer_languages: z.object({ eu: count, es: count, en: count, other: count, unclear: count, 'too short': count }).optional(),
  })
  .catchall(z.unknown())
  .transform((fields, context) => {
    const counts: Counts = { ...noCounts(), unscored: fields.unscored };
    if (fields.answer_languages !== undefined) counts.languages = fields.answer_languages;
    for (const [counter, field] of COUNTERS) {
      const parsed = count.default(0).safeParse(fields[field]);
      if (parsed.success) counts[counter] = parsed.data;
      else context.addIssue({ code: 'custom', path: [field], message: 'expected a count' });
    }
    return { documents: fields.documents, counts };
  });
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

/** What stands only in our own files; `results/read.ts` checks the rest. */
const schema = z.object({
  model_identity: z.string(),
  chat_template: z.string().nullable(),
  start_time: z.number(),
  end_time: z.number(),
  eus_eval: z.object({
    data: z.string(),
    identity: z.record(z.string(), z.string()),
    settings: z.record(z.string(), z.string()),
    shard: z
      .object({ index: count, count: z.number().int().positive().max(MAX_SHARDS) })
      .refine((shard) => shard.index < shard.count, 'the index is not below the count')
      .nullable(),
    selected: z.array(z.string()),
    model_facts: z.record(z.string(), z.unknown()),
    tasks: z.record(z.string(), taskFields),
    work: work.nullable(),
  }),
});

/**
 * Reads the results file of a shard.
 *
 * Throws `UserError` when it is no results file of eus-eval, or of a run that was not sharded.
 */
export async function readShard(file: string): Promise<ShardFile> {
  return shardFileOf(await readResultContent(file), file);
}

/**
 * Returns what the content of the results file of a shard says; throws as `readShard` does.
 */
export function shardFileOf(content: unknown, file: string): ShardFile {
  const result = resultFileOf(content, file);
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(
      `merge: ${file} is no results file of this version of eus-eval: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    );
  }
  const root = parsed.data;
  const own = root.eus_eval;
  if (own.shard === null)
    throw new UserError(`merge: ${file} is of a whole run, not of a shard; give only folders that --shard runs wrote`);
  const tasks = Object.entries(own.tasks).map(([name, t]): [string, ShardTask] => {
    const task = result.tasks.get(name);
    const original = task?.samples?.original;
    if (original == null || task === undefined || task.hash === null)
      throw new UserError(`merge: ${file}: n-samples.${name} or task_hashes.${name} is missing; run this shard again`);
    return [name, { ...t, original, hash: task.hash }];
  });
  return {
    file,
    index: own.shard.index,
    count: own.shard.count,
    tasks: Object.fromEntries(tasks),
    facts: {
      modelName: result.modelName,
      ownName: result.modelArgs.get('pretrained') ?? result.modelName,
      modelIdentity: root.model_identity,
      modelSource: result.modelSource,
      modelFacts: own.model_facts,
      identity: own.identity,
      settings: own.settings,
      family: result.family,
      selected: own.selected,
      chatTemplate: root.chat_template,
      systemInstruction: result.systemInstruction,
      fewshotAsMultiturn: result.fewshotAsMultiturn,
      limit: result.limit,
      shard: null,
      data: own.data,
      startedAt: root.start_time,
      endedAt: root.end_time,
      work: own.work,
      remark: result.remark,
    },
    samples: (task) => findSampleFile(file, task),
  };
}

const ADDED = ['naiveTokens', 'distinctTokens', 'computedTokens', 'paddingTokens', 'outputRows', 'runs'] as const;

/**
 * Returns the sum of the work of several runs: tokens, rows and seconds add up; details are those of the first.
 */
export function sumWork(parts: readonly (WorkReport | null)[]): WorkReport | null {
  const present = parts.filter((part) => part !== null);
  const [first] = present;
  if (first === undefined) return null;
  const sum: WorkReport = { ...first, seconds: { ...first.seconds }, details: { ...first.details } };
  for (const part of present.slice(1)) {
    for (const key of ADDED) sum[key] += part[key];
    for (const [phase, seconds] of Object.entries(part.seconds)) sum.seconds[phase] = (sum.seconds[phase] ?? 0) + seconds;
  }
  return sum;
}
