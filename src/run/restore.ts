/** Feeds the pipeline from the sample files of shards, each document checked: what a shard says must be what a run can have written. */
import { UserError } from '../errors.js';
import { argmax } from '../metrics/choices.js';
import { promptStatus, taskHasher } from '../prompts/fingerprint.js';
import { ANSWER_LANGUAGES, type Counts, countResponse, countScored, FAILURE_REASONS, noCounts } from '../results/counts.js';
import { sampleLines } from '../results/read-samples.js';
import { goldIndex, isCut } from '../scoring/score.js';
import type { MetricValue, PreparedDoc, Scored, Task } from '../types.js';
import type { Pipeline } from './pipeline.js';
import { blockOf, requestKind } from './plan.js';
import type { ShardFile, ShardTask } from './shard-file.js';
import { type Guess, guessOf, type SettledDocument, type TaskState } from './task-state.js';

type Fields = Readonly<Record<string, unknown>>;

/** The hashes of a document. */
type Hashes = Pick<PreparedDoc, 'docHash' | 'promptHash' | 'targetHash'>;

/** What the lines of one document say. */
interface Restored {
  readonly hashes: Hashes;
  readonly response: SettledDocument['response'];
  readonly guess: Guess | null;
  readonly scored: Omit<Scored, 'filtered'>[];
}

/**
 * Puts the samples of one task of all shards through the pipeline.
 *
 * Throws `UserError` naming file and line where a document is missing, there twice or of another shard, has scores that cannot be, or where
 * the samples are not those that the shard's results file counts and fingerprints.
 */
export async function restoreTask(pipeline: Pipeline, task: Task, shards: readonly ShardFile[]): Promise<void> {
  const [first] = shards;
  const part = first?.tasks[task.name];
  if (first === undefined || part === undefined) throw new UserError(`merge: ${first?.file ?? 'a shard'} has no task ${task.name}`);
  const { family, limit } = first.facts;
  const state = pipeline.begin(task, part.original);
  const whole = taskHasher(task.filters.length);
  for (const shard of shards) {
    const expected = shard.tasks[task.name];
    if (expected === undefined) throw new UserError(`merge: ${shard.file} has no task ${task.name}`);
    if (expected.original !== part.original)
      throw new UserError(`merge: ${task.name} has ${expected.original} documents in ${shard.file}, ${part.original} in ${first.file}`);
    const file = shard.samples(task.name);
    if (file === null)
      throw new UserError(`merge: there are no samples of ${task.name} beside ${shard.file}; a shard must be run with samples`);
    const documents = await readDocuments(pipeline, state, file);
    const own = taskHasher(task.filters.length);
    const counts = noCounts();
    const [start, end] = blockOf(Math.min(expected.original, limit ?? Number.POSITIVE_INFINITY), shard);
    for (let docId = start; docId < end; docId++) {
      const document = documents.get(docId);
      if (document === undefined) throw new UserError(`merge: ${file} lacks document ${docId}; run this shard again`);
      const { hashes, response, scored, guess } = document;
      if (response.kind !== 'failure' && scored.length !== task.filters.length)
        throw new UserError(`merge: ${file} lacks document ${docId} for a filter; run this shard again`);
      own.add(hashes);
      whole.add(hashes);
      countResponse(counts, response);
      countScored(counts, scored);
      pipeline.restore(state, { place: docId, response, scored, guess });
    }
    if (documents.size !== end - start || expected.documents !== end - start) {
      throw new UserError(
        `merge: ${file} has ${documents.size} documents, its results file says ${expected.documents}, and the shard has ${end - start}; run it again`,
      );
    }
    if (own.digest() !== expected.hash)
      throw new UserError(`merge: ${file} holds other documents or prompts than its results file says (task hash); run this shard again`);
    refuseOtherCounts(counts, expected, file);
  }
  const complete = limit === null || state.delivered >= state.original;
  const taskHash = whole.digest();
  pipeline.end(state, { taskHash, prompts: complete ? promptStatus(task, family, taskHash) : 'partial' });
}

function refuseOtherCounts(counts: Counts, expected: ShardTask, file: string): void {
  const text = ({ unscored, ...rest }: Counts): string => JSON.stringify([Object.entries(unscored).sort(), Object.entries(rest).sort()]);
  if (text(counts) !== text(expected.counts))
    throw new UserError(`merge: ${file} has other failures or oddities than its results file counts; run this shard again`);
}

/** The documents of a sample file by index; its lines go on to the joined file. */
async function readDocuments(pipeline: Pipeline, state: TaskState, file: string): Promise<Map<number, Restored>> {
  const { task } = state;
  const filters = task.filters.map(({ name }) => name);
  const documents = new Map<number, Restored>();
  const seen = new Set<string>();
  for await (const { fields, where, text } of sampleLines(file)) {
    const filter = filters.indexOf(String(fields.filter));
    if (filter < 0) throw bad(where, `the filter is ${JSON.stringify(fields.filter)}; valid: ${filters.join(', ')}`);
    const docId = fields.doc_id;
    if (typeof docId !== 'number' || !Number.isInteger(docId) || docId < 0 || docId >= state.original)
      throw bad(where, `doc_id is ${JSON.stringify(docId)}; the data set has ${state.original} documents`);
    if (seen.has(`${filter} ${docId}`)) throw bad(where, `document ${docId} is there twice`);
    seen.add(`${filter} ${docId}`);
    const hashes = hashesOf(fields, where);
    const response = responseOf(fields, task, where);
    const document = documents.get(docId) ?? { hashes, response, guess: guessOf(task, fields.filtered_resps, fields.target), scored: [] };
    if (JSON.stringify([document.hashes, document.response]) !== JSON.stringify([hashes, response]))
      throw bad(where, `document ${docId} contradicts an earlier line of it`);
    if (response.kind !== 'failure') document.scored.push(scoredOf(fields, task, where));
    documents.set(docId, document);
    await pipeline.keepLine(state, filter, docId, text);
  }
  return documents;
}

function hashesOf(fields: Fields, where: string): Hashes {
  const hash = (name: string): string => {
    const value = fields[name];
    if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw bad(where, `${name} is no SHA-256`);
    return value;
  };
  return { docHash: hash('doc_hash'), promptHash: hash('prompt_hash'), targetHash: hash('target_hash') };
}

function responseOf(fields: Fields, task: Task, where: string): SettledDocument['response'] {
  if (fields.unscored !== undefined) {
    const reason = FAILURE_REASONS.find((r) => r === fields.unscored);
    if (reason === undefined) throw bad(where, `unscored is ${JSON.stringify(fields.unscored)}; valid: ${FAILURE_REASONS.join(', ')}`);
    return { kind: 'failure', reason };
  }
  const cut = fields.truncated_tokens ?? 0;
  if (typeof cut !== 'number' || !Number.isInteger(cut) || cut < 0) throw bad(where, 'truncated_tokens is no number of tokens');
  return {
    kind: requestKind(task),
    notes: { ...(cut > 0 ? { truncatedTokens: cut } : {}), ...(fields.doubled_bos === true ? { doubledBos: true } : {}) },
  };
}

function scoredOf(fields: Fields, task: Task, where: string): Omit<Scored, 'filtered'> {
  const metrics: Record<string, MetricValue> = {};
  for (const { metric, read } of task.metrics) {
    const value = read(fields[metric]);
    if (value === null) throw bad(where, `${metric} is ${JSON.stringify(fields[metric]) ?? 'missing'}, which no document can score`);
    metrics[metric] = value;
  }
  if (task.outputType === 'multiple_choice') checkChoice(fields, task, metrics, where);
  const language = ANSWER_LANGUAGES.find((known) => known === fields.language);
  return {
    filter: String(fields.filter),
    metrics,
    ...(isCut(fields.finish, newTokensOf(fields)) ? { cut: true } : {}),
    ...(language === undefined ? {} : { language }),
    ...(fields.empty === true ? { empty: true } : {}),
    ...(fields.thinking_removed === true ? { thinkingRemoved: true } : {}),
    ...(fields.thinking_unfinished === true ? { thinkingUnfinished: true } : {}),
    ...(fields.unparsable === true ? { unparsable: true } : {}),
    ...(fields.gold_out_of_range === true ? { goldOutOfRange: true } : {}),
  };
}

/** The limit of new tokens in the arguments of a generation. */
function newTokensOf(fields: Fields): unknown {
  const parts = ['arguments', 'gen_args_0', 'arg_1', 'max_gen_toks'];
  return parts.reduce<unknown>((value, key) => (isFields(value) ? value[key] : undefined), fields);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** Refuses log-probabilities that are none, and an `acc` that is not what they say. */
function checkChoice(fields: Fields, task: Task, metrics: Scored['metrics'], where: string): void {
  const pairs: readonly unknown[] = Array.isArray(fields.filtered_resps) ? fields.filtered_resps : [];
  const scores = pairs.map((pair: unknown) => (Array.isArray(pair) ? Number(pair[0]) : Number.NaN));
  const odd = scores.find((x) => !Number.isFinite(x) || x > 1e-3);
  if (odd !== undefined || scores.length === 0) throw bad(where, `${odd ?? 'nothing'} is no log-probability of a choice`);
  // Where a hook scores, or several choices are right or were asked for twice, the line alone does not say what is right.
  const gold = goldIndex(Number(fields.target), scores.map(String));
  if (
    task.processResults !== null ||
    metrics.acc === undefined ||
    Number.isNaN(Number(fields.target)) ||
    metrics.acc_mutual_info !== undefined
  )
    return;
  if (metrics.acc !== Number(argmax(scores) === gold))
    throw bad(where, `acc is ${JSON.stringify(metrics.acc)}, which its log-probabilities and its target contradict`);
}

function bad(where: string, what: string): UserError {
  return new UserError(`merge: ${where}: ${what}; run this shard again`);
}
